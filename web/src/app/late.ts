/** What is loaded when it is asked for something for the first time. */

import { ApiError } from "../net/errors";

/** What promises everything that it is asked for: that may as well come a little later. */
type Promising<T> = { readonly [Name in keyof T]: T[Name] extends (...parameters: infer P) => Promise<infer R> ? (...parameters: P) => Promise<R> : never };

/**
 * Stands for what `load` resolves to. A call waits until that is there, and throws ApiError with UNAVAILABLE if it can't be had; the next one
 * tries again then.
 */
export function late<T extends object>(load: () => Promise<T>): Promising<T> {
  let loaded: Promise<T> | null = null;
  const loadOnce = () => {
    loaded ??= load().catch((error: unknown) => {
      loaded = null;
      throw new ApiError("UNAVAILABLE", `A part of the client could not be loaded: ${String(error)}`);
    });
    return loaded;
  };
  const call = (name: string | symbol) => async (...parameters: unknown[]): Promise<unknown> => {
    const target = await loadOnce();
    const method = Reflect.get(target, name) as (...parameters: unknown[]) => unknown;
    return method.apply(target, parameters);
  };
  // It is no promise itself, whoever awaits it.
  return new Proxy({}, { get: (_, name) => (name === "then" ? undefined : call(name)) }) as Promising<T>;
}
