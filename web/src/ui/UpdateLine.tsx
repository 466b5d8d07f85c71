import { useSyncExternalStore } from "react";

import type { Versions } from "../app/versions";
import { useText } from "./words";

/** Says that a new version of the client waits. It comes when the user says so, and never by itself: they may be writing. */
export function UpdateLine({ versions: { store } }: { readonly versions: Versions }) {
  const version = useSyncExternalStore(store.subscribe, store.get);
  const t = useText();
  return (
    <div role="status">
      {version !== null && (
        <p className="update" data-testid="update">
          {t("connection.update")}{" "}
          <button className="button-link" type="button" onClick={() => { version.takeOver(); }}>
            {t("connection.reload")}
          </button>
        </p>
      )}
    </div>
  );
}
