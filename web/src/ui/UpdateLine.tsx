import { useSyncExternalStore } from "react";

import type { Versions } from "../app/versions";

/** Says that a new version of the client waits. It comes when the user says so, and never by itself: they may be writing. */
export function UpdateLine({ versions: { store } }: { readonly versions: Versions }) {
  const version = useSyncExternalStore(store.subscribe, store.get);
  return (
    <div role="status">
      {version !== null && (
        <p className="update" data-testid="update">
          A new version is ready.{" "}
          <button className="button-link" type="button" onClick={() => { version.takeOver(); }}>
            Reload
          </button>
        </p>
      )}
    </div>
  );
}
