/**
 * The life of the connection, as a state machine without I/O: `step` takes what happened and gives the new state and what to do.
 *
 *     stopped -> connecting -> catching_up -> live
 *                    ^   |          |          |
 *                    |   +----------+----------+--> waiting (backoff, or as long as the server said)
 *                    +------------------------------+
 *     any but stopped <-> offline (the browser sees no network, which is a hint: what is on this machine or behind a tunnel may be there)
 */

import { backoffMs, type BackoffRule } from "./backoff";

interface Open {
  /** Failures since the last connection that held. */
  readonly attempt: number;
  /** When the server welcomed us. */
  readonly since: number;
  readonly heartbeatMs: number;
  /** When the next ping is due. */
  readonly pingAt: number;
  /** Until when the server must say something; null while nothing is asked of it. */
  readonly answerBy: number | null;
  /** When to move to another gateway, if this one is going away. */
  readonly leaveAt: number | null;
}

export type Connection =
  | { readonly phase: "stopped" }
  | { readonly phase: "offline"; readonly until: number }
  | { readonly phase: "connecting"; readonly attempt: number; readonly deadline: number }
  | ({ readonly phase: "catching_up" } & Open)
  | ({ readonly phase: "live" } & Open)
  | { readonly phase: "waiting"; readonly attempt: number; readonly until: number; readonly isLimited: boolean };

export type ConnectionEvent =
  | { readonly type: "start" }
  | { readonly type: "stop" }
  | { readonly type: "online" }
  | { readonly type: "offline" }
  /** The user won't wait, or the tab came back to the screen. */
  | { readonly type: "hurry" }
  /** The time that `wakeAt` named has come. */
  | { readonly type: "woke" }
  | { readonly type: "welcomed"; readonly heartbeatMs: number }
  /** Any frame came. */
  | { readonly type: "heard" }
  | { readonly type: "caught_up" }
  | { readonly type: "going_away"; readonly reconnectAfterMs: number }
  /** The socket closed or could not be opened. `isLimited`: because the user has as many connections as one may have. */
  | { readonly type: "closed"; readonly retryAfterMs?: number; readonly isLimited?: boolean };

export type Effect = "open" | "close" | "ping";

export interface Step {
  readonly connection: Connection;
  readonly effects: readonly Effect[];
}

export const RECONNECT: BackoffRule = { baseMs: 1_000, capMs: 30_000 };
export const OPEN_DEADLINE_MS = 15_000;
export const ANSWER_DEADLINE_MS = 10_000;
/** Another tab or device has to close first: there is no hurry. */
export const LIMITED_MS = 30_000;
/** How long a browser that sees no network is believed. */
export const OFFLINE_MS = 5_000;
/** A connection that held this long wipes out the failures before it. */
export const STABLE_MS = 10_000;
/** Ping somewhat more often than the server asks for. */
const PING_SHARE = 0.8;

export const stopped: Connection = { phase: "stopped" };

/** Whether frames can be sent. */
export function isOpen(connection: Connection): connection is Extract<Connection, Open> {
  return connection.phase === "live" || connection.phase === "catching_up";
}

/** When `woke` is due, in Unix milliseconds; null if never. */
export function wakeAt(connection: Connection): number | null {
  switch (connection.phase) {
    case "stopped":
      return null;
    case "offline":
      return connection.until;
    case "connecting":
      return connection.deadline;
    case "waiting":
      return connection.until;
    case "catching_up":
    case "live":
      return Math.min(connection.pingAt, connection.answerBy ?? Infinity, connection.leaveAt ?? Infinity);
  }
}

export function step(connection: Connection, event: ConnectionEvent, now: number, random: number): Step {
  if (event.type === "stop") {
    return { connection: stopped, effects: ["close"] };
  }
  if (connection.phase === "stopped") {
    return event.type === "start" ? connecting(0, now, []) : stay(connection);
  }
  switch (event.type) {
    case "start":
      return stay(connection);
    case "offline":
      return { connection: { phase: "offline", until: now + OFFLINE_MS }, effects: ["close"] };
    case "online":
      return connection.phase === "offline" || connection.phase === "waiting" ? connecting(0, now, []) : probe(connection, now);
    case "hurry":
      return connection.phase === "waiting" ? connecting(connection.attempt, now, []) : probe(connection, now);
    case "woke":
      return woke(connection, now, random);
    case "welcomed":
      return connection.phase === "connecting" ? welcomed(connection.attempt, event.heartbeatMs, now) : stay(connection);
    case "heard":
      return isOpen(connection) && connection.answerBy !== null ? stay({ ...connection, answerBy: null }) : stay(connection);
    case "caught_up":
      return connection.phase === "catching_up" ? stay({ ...connection, phase: "live" }) : stay(connection);
    case "going_away":
      return isOpen(connection) ? stay({ ...connection, leaveAt: now + event.reconnectAfterMs }) : stay(connection);
    case "closed":
      return closed(connection, event, now, random);
  }
}

function stay(connection: Connection): Step {
  return { connection, effects: [] };
}

function connecting(attempt: number, now: number, before: readonly Effect[]): Step {
  return { connection: { phase: "connecting", attempt, deadline: now + OPEN_DEADLINE_MS }, effects: [...before, "open"] };
}

function welcomed(attempt: number, heartbeatMs: number, now: number): Step {
  const pingAt = now + heartbeatMs * PING_SHARE;
  return stay({ phase: "catching_up", attempt, since: now, heartbeatMs, pingAt, answerBy: null, leaveAt: null });
}

/** Asks the server at once whether it is still there. */
function probe(connection: Connection, now: number): Step {
  if (!isOpen(connection)) {
    return stay(connection);
  }
  const answerBy = connection.answerBy ?? now + ANSWER_DEADLINE_MS;
  return { connection: { ...connection, pingAt: now + connection.heartbeatMs * PING_SHARE, answerBy }, effects: ["ping"] };
}

function woke(connection: Connection, now: number, random: number): Step {
  if (now < (wakeAt(connection) ?? Infinity)) {
    return stay(connection);
  }
  if (connection.phase === "offline") {
    return connecting(0, now, []);
  }
  if (connection.phase === "waiting") {
    return connecting(connection.attempt, now, []);
  }
  if (isOpen(connection)) {
    if (connection.leaveAt !== null && connection.leaveAt <= now) {
      return connecting(0, now, ["close"]);
    }
    if (connection.answerBy === null || connection.answerBy > now) {
      return probe(connection, now);
    }
  }
  return { ...closed(connection, { type: "closed" }, now, random), effects: ["close"] };
}

function closed(connection: Connection, event: Extract<ConnectionEvent, { type: "closed" }>, now: number, random: number): Step {
  if (connection.phase !== "connecting" && !isOpen(connection)) {
    return stay(connection);
  }
  const { retryAfterMs, isLimited = false } = event;
  const leaveAt = isOpen(connection) ? connection.leaveAt : null;
  if (leaveAt !== null) {
    return stay({ phase: "waiting", attempt: 0, until: Math.max(now, leaveAt), isLimited });
  }
  const held = isOpen(connection) && now - connection.since >= STABLE_MS;
  const attempt = held ? 0 : connection.attempt;
  const wait = retryAfterMs ?? (isLimited ? LIMITED_MS : backoffMs(RECONNECT, attempt, random));
  return stay({ phase: "waiting", attempt: attempt + 1, until: now + wait, isLimited });
}
