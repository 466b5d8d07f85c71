/** Drives the connection: carries out what its state machine asks for, and tells the machine what happens. */

import { type Connection, type ConnectionEvent, isOpen, step, stopped, wakeAt } from "../core/connection";
import type { ClientEvent, Cursor, ServerEvent } from "../net/frames";
import type { OpenSocket, Socket } from "../net/socket";
import { Alarm } from "./alarm";

export interface LinkListener {
  changed(connection: Connection): void;
  received(event: ServerEvent): void;
  /** Where the client is in the conversations that it knows. */
  cursors(): readonly Cursor[];
}

/** Close codes of docs/protocol.md that ask for more than to connect again. */
const TOKEN_CODES: ReadonlySet<number> = new Set([4503, 4504]);
const LIMIT_CODE = 4505;

export class Link {
  private connection: Connection = stopped;
  private socket: Socket | null = null;
  /** Counts the attempts, so that what an abandoned one brings is not taken for news of the present one. */
  private generation = 0;
  private isTokenRefused = false;
  private readonly alarm = new Alarm(() => {
    this.handle({ type: "woke" });
  });

  constructor(
    private readonly open: OpenSocket,
    private readonly token: (isRefused: boolean) => Promise<string>,
    private readonly listener: LinkListener,
    private readonly isIdle: () => boolean,
  ) {}

  handle(event: ConnectionEvent): void {
    const before = this.connection;
    const { connection, effects } = step(before, event, Date.now(), Math.random());
    this.connection = connection;
    if (effects.includes("close") || (isOpen(before) && !isOpen(connection))) {
      this.drop();
    }
    // Timers may ring a little early: then the alarm has to be set anew though nothing has changed.
    this.alarm.set(wakeAt(connection));
    if (connection !== before) {
      this.listener.changed(connection);
    }
    if (effects.includes("open")) {
      void this.connect();
    }
    if (effects.includes("ping")) {
      this.socket?.send({ type: "ping", isIdle: this.isIdle() });
    }
  }

  /** Sends a frame if the connection is open, and says whether it was. What is sent may still be lost: only an answer tells. */
  send(event: ClientEvent): boolean {
    if (!isOpen(this.connection) || this.socket === null) {
      return false;
    }
    this.socket.send(event);
    return true;
  }

  private drop(): void {
    this.generation += 1;
    this.socket?.close();
    this.socket = null;
  }

  private async connect(): Promise<void> {
    this.drop();
    const generation = this.generation;
    let accessToken: string;
    try {
      accessToken = await this.token(this.isTokenRefused);
      this.isTokenRefused = false;
    } catch {
      if (generation === this.generation) {
        this.handle({ type: "closed" });
      }
      return;
    }
    if (generation !== this.generation) {
      return;
    }
    let retryAfterMs: number | null = null;
    const socket = this.open({
      opened: () => {
        socket.send({ type: "hello", accessToken, resume: this.listener.cursors() });
      },
      received: (event) => {
        if (generation !== this.generation) {
          return;
        }
        if (event.type === "reject" && event.messageId === null) {
          retryAfterMs = event.retryAfterMs ?? retryAfterMs;
        }
        this.receive(event);
      },
      closed: (code) => {
        if (generation === this.generation) {
          this.isTokenRefused = TOKEN_CODES.has(code);
          this.handle({ type: "closed", isLimited: code === LIMIT_CODE, ...(retryAfterMs === null ? {} : { retryAfterMs }) });
        }
      },
    });
    this.socket = socket;
  }

  private receive(event: ServerEvent): void {
    this.handle({ type: "heard" });
    if (event.type === "welcome") {
      this.handle({ type: "welcomed", heartbeatMs: event.heartbeatMs });
    }
    this.listener.received(event);
    if (event.type === "live") {
      this.handle({ type: "caught_up" });
    } else if (event.type === "going_away") {
      this.handle({ type: "going_away", reconnectAfterMs: event.reconnectAfterMs });
    }
  }
}
