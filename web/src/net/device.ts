/**
 * What this browser shows when a user logs in again who has logged in here before. So whoever guesses the password elsewhere keeps others
 * waiting, and not them. It is worth nothing without the password, and outlives the session.
 */

const DEVICES_KEY = "elastic-chat.devices";
/** Of so many users: a browser that many share forgets who came first. */
const MOST = 10;

/** The empty text if the user has never logged in here. */
export function deviceToken(username: string): string {
  return kept().find(([name]) => name === username)?.[1] ?? "";
}

export function keepDeviceToken(username: string, token: string): void {
  const others = kept().filter(([name]) => name !== username);
  localStorage.setItem(DEVICES_KEY, JSON.stringify([...others, [username, token]].slice(-MOST)));
}

function kept(): readonly (readonly [string, string])[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(DEVICES_KEY) ?? "[]");
    return Array.isArray(value) ? value.filter(isPair) : [];
  } catch {
    return [];
  }
}

function isPair(value: unknown): value is readonly [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === "string");
}
