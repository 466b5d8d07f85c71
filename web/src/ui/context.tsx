import { createContext, type ReactNode, use, useEffect, useState, useSyncExternalStore } from "react";

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

/** The time, in Unix milliseconds, anew every `everyMs`. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => { setNow(Date.now()); }, everyMs);
    return () => { clearInterval(timer); };
  }, [everyMs]);
  return now;
}
