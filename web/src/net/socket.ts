/** The WebSocket to a gateway. */

import { type ClientEvent, decode, encode, type ServerEvent, SUBPROTOCOL } from "./frames";

export interface Socket {
  send(event: ClientEvent): void;
  /** Closes it. Nothing is reported any more. */
  close(): void;
}

export interface SocketListener {
  opened(): void;
  received(event: ServerEvent): void;
  /** Also when it could not be opened. Called once at most. `code` is of RFC 6455 or of docs/protocol.md. */
  closed(code: number): void;
}

export type OpenSocket = (listener: SocketListener) => Socket;

/** The code of RFC 6455 for data that can't be understood. */
const UNREADABLE = 1007;

export const openSocket: OpenSocket = (listener) => {
  const url = new URL("/v1/connect", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(url, SUBPROTOCOL);
  socket.binaryType = "arraybuffer";
  const off = new AbortController();
  const { signal } = off;
  const end = (code: number): void => {
    off.abort();
    listener.closed(code);
  };
  socket.addEventListener("open", () => { listener.opened(); }, { signal });
  socket.addEventListener("close", ({ code }) => { end(code); }, { signal });
  socket.addEventListener(
    "message",
    ({ data }: MessageEvent<ArrayBuffer>) => {
      let event: ServerEvent | null;
      try {
        event = decode(new Uint8Array(data));
      } catch {
        // What can't be read may be an entry: a new connection asks for it again.
        socket.close();
        end(UNREADABLE);
        return;
      }
      if (event !== null) {
        listener.received(event);
      }
    },
    { signal },
  );
  return {
    send(event) {
      if (socket.readyState === WebSocket.OPEN) {
        socket.send(encode(event));
      }
    },
    close() {
      off.abort();
      socket.close(1000);
    },
  };
};
