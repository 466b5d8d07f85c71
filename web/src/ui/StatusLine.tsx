import type { Connection } from "../core/connection";
import type { State } from "../core/state";
import { useClient, useNow, useSelected } from "./context";

/** Waits shorter than this are over before they are read. */
const WORTH_SHOWING_MS = 1_500;

const connectionOf = ({ connection }: State) => connection;

/** Says how the connection is, while it is not as it should be. */
export function StatusLine() {
  const connection = useSelected(connectionOf);
  const client = useClient();
  const now = useNow(500);
  const text = textOf(connection, now);
  return (
    <div className="status" role="status" data-testid="connection-status" data-phase={connection.phase}>
      {text !== null && (
        <p className="status-line">
          <span className="status-band" aria-hidden="true" />
          <span>{text}</span>
          {connection.phase === "waiting" && connection.until - now > WORTH_SHOWING_MS && (
            <button className="button-link" type="button" onClick={() => { client.hurry(); }}>
              Connect now
            </button>
          )}
        </p>
      )}
    </div>
  );
}

function textOf(connection: Connection, now: number): string | null {
  switch (connection.phase) {
    case "stopped":
    case "live":
      return null;
    case "catching_up":
      return now - connection.since > WORTH_SHOWING_MS ? "Catching up…" : null;
    case "connecting":
      return connection.attempt === 0 ? "Connecting…" : "Reconnecting…";
    case "offline":
      return "You are offline. Messages are sent when you are back.";
    case "waiting": {
      const seconds = Math.ceil((connection.until - now) / 1_000);
      if (seconds <= 0) {
        return "Reconnecting…";
      }
      return connection.isLimited ? `Too many devices or tabs are connected. Trying again in ${seconds} s` : `Reconnecting in ${seconds} s`;
    }
  }
}
