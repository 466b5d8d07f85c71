import { createContext, type ReactNode, use, useEffect, useMemo, useState, useSyncExternalStore } from "react";

import type { Client } from "../app/client";
import type { State } from "../core/state";

const ClientContext = createContext<Client | null>(null);

export function ClientProvider({ client, children }: { readonly client: Client; readonly children: ReactNode }) {
  return <ClientContext value={client}>{children}</ClientContext>;
}

export function useClient(): Client {
  const client = use(ClientContext);
  if (client === null) {
    throw new Error("useClient works inside a ClientProvider only.");
  }
  return client;
}

export function useAppState(): State {
  const { store } = useClient();
  return useSyncExternalStore(store.subscribe, store.get);
}

/**
 * What `select` makes of the state: only when that changes is drawn anew what asks for it. An object counts as the same while each of its
 * values does. `select` must be the same function at each call, or one of `useCallback`.
 */
export function useSelected<T>(select: (state: State) => T): T {
  const { store } = useClient();
  const get = useMemo(() => remembering(store.get, select), [store, select]);
  return useSyncExternalStore(store.subscribe, get, get);
}

function remembering<T>(get: () => State, select: (state: State) => T): () => T {
  let last: { readonly state: State; readonly value: T } | null = null;
  return () => {
    const state = get();
    if (last?.state !== state) {
      const value = select(state);
      last = { state, value: last !== null && isSame(last.value, value) ? last.value : value };
    }
    return last.value;
  };
}

function isSame(one: unknown, other: unknown): boolean {
  if (!isPlain(one) || !isPlain(other)) {
    return Object.is(one, other);
  }
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => Object.is(one[name], other[name]));
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** The time, in Unix milliseconds, anew every `everyMs`. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => { setNow(Date.now()); }, everyMs);
    return () => { clearInterval(timer); };
  }, [everyMs]);
  return now;
}
