/** The search of whoever is logged in: what was found is there again when the panel is. */

import { useSyncExternalStore } from "react";

import type { Client } from "../../app/client";
import { Searching } from "../../app/search";
import type { Search } from "../../core/search";
import type { UserId } from "../../core/types";
import { useClient } from "../context";

const kept = new WeakMap<Client, { readonly me: UserId | null; readonly searching: Searching }>();

function searchingOf(client: Client, me: UserId | null): Searching {
  const before = kept.get(client);
  if (before?.me === me) {
    return before.searching;
  }
  const searching = new Searching(client.search, client.directory);
  kept.set(client, { me, searching });
  return searching;
}

export function useSearching(me: UserId | null): { readonly searching: Searching; readonly search: Search } {
  const searching = searchingOf(useClient(), me);
  return { searching, search: useSyncExternalStore(searching.store.subscribe, searching.store.get) };
}
