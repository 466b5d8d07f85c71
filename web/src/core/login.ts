/** How one may come in here, and what a login by another provider takes. */

/** Who may make an account by themselves; `unknown` if the server did not say. */
export type Registration = "open" | "invite" | "closed" | "unknown";

export interface AuthOptions {
  readonly registration: Registration;
  /** What people know the other providers as by which they may log in. */
  readonly providers: readonly string[];
}

/** What is offered if the server does not say what there is: it decides in any case. */
export const USUAL: AuthOptions = { registration: "unknown", providers: [] };

/** Where a provider sends people back to. Operators name it to the server and to the provider. */
export const CALLBACK_PATH = "/login/callback";

/** A login that has begun in this tab. */
export interface Attempt {
  readonly provider: string;
  readonly state: string;
  /** Without it nobody finishes the login. */
  readonly secret: string;
  /** The address that the client was opened with: an invite may stand in it. */
  readonly back: string;
}

/** Why a login by a provider came to nothing before the server was asked. */
export type Refusal = "NOT_BEGUN_HERE" | "REFUSED_THERE";

/** What stands in the address with which a provider has sent somebody back: a code, or why there is none. */
export type Returned = { readonly code: string } | { readonly refusal: Refusal };

/**
 * Reads what a provider says. What does not belong to the login that was begun in this tab counts for nothing, whatever it says: somebody may
 * have made up the address.
 */
export function returned(search: string, attempt: Attempt | null): Returned {
  const parameters = new URLSearchParams(search);
  if (parameters.get("state") !== attempt?.state) {
    return { refusal: "NOT_BEGUN_HERE" };
  }
  const code = parameters.get("code");
  return code === null || code === "" ? { refusal: "REFUSED_THERE" } : { code };
}

/** What was kept of a login; null if it is none. */
export function attemptFrom(kept: string | null): Attempt | null {
  try {
    const { provider, state, secret, back } = (JSON.parse(kept ?? "null") ?? {}) as Partial<Record<keyof Attempt, unknown>>;
    const isWhole = typeof provider === "string" && typeof state === "string" && typeof secret === "string" && typeof back === "string";
    return isWhole ? { provider, state, secret, back } : null;
  } catch {
    return null;
  }
}
