import type { Connection } from "../core/connection";
import type { State } from "../core/state";
import type { Sentence } from "../core/texts";
import { useClient, useNow, useSelected } from "./context";
import { useText } from "./words";

/** Waits shorter than this are over before they are read. */
const WORTH_SHOWING_MS = 1_500;

const connectionOf = ({ connection }: State) => connection;

/** Says how the connection is, while it is not as it should be. */
export function StatusLine() {
  const connection = useSelected(connectionOf);
  const client = useClient();
  const t = useText();
  const now = useNow(500);
  const said = statusOf(connection, now);
  return (
    <div className="status" role="status" data-testid="connection-status" data-phase={connection.phase}>
      {said !== null && (
        <p className="status-line">
          <span className="status-band" aria-hidden="true" />
          <span>{t(said.id, said.values)}</span>
          {connection.phase === "waiting" && connection.until - now > WORTH_SHOWING_MS && (
            <button className="button-link" type="button" onClick={() => { client.hurry(); }}>
              {t("connection.connectNow")}
            </button>
          )}
        </p>
      )}
    </div>
  );
}

function statusOf(connection: Connection, now: number): Sentence | null {
  switch (connection.phase) {
    case "stopped":
    case "live":
      return null;
    case "catching_up":
      return now - connection.since > WORTH_SHOWING_MS ? { id: "connection.catchingUp" } : null;
    case "connecting":
      if (!navigator.onLine) {
        return { id: "connection.offline" };
      }
      return { id: connection.attempt === 0 ? "connection.connecting" : "connection.reconnecting" };
    case "offline":
      return { id: "connection.offline" };
    case "waiting": {
      if (!navigator.onLine) {
        return { id: "connection.offline" };
      }
      const count = Math.ceil((connection.until - now) / 1_000);
      if (count <= 0) {
        return { id: "connection.reconnecting" };
      }
      return { id: connection.isLimited ? "connection.crowded" : "connection.reconnectingIn", values: { count } };
    }
  }
}
