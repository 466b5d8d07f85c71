/**
 * How the tabs of a browser share one connection, as a state machine without I/O: each tab steps through what it hears.
 *
 *     seeking -> leading     who holds the lock has the connection, and hands on what comes and goes
 *        |
 *        +----> following    the others have the leader in the place of a gateway
 *
 * All end as `over`, and begin anew by another name. The browser gives the lock away when its holder is gone: then all followers come back,
 * and the first of them leads. A leader that is there and says nothing loses it. To whoever uses it, it is one connection like another:
 * with the leader's socket, that of the followers has ended, too, and what they missed meanwhile they ask for by their own cursors.
 */

import type { ClientEvent, ServerEvent } from "./frames";
import type { Entry, Head, MessageId, Preferences, UserId } from "./types";

/** A tab from when it wants a connection until it has none: if it comes again, it is another. */
export type TabId = string & { readonly brand: "TabId" };

/** Where a client is, for another tab to begin from. */
export interface Standing {
  readonly heads: readonly Head[];
  /** What came beyond a hole, so that it is in no head. */
  readonly ahead: readonly Entry[];
}

interface Greeting {
  readonly heartbeatMs: number;
  readonly preferences: Preferences | null;
}

export type TabMessage =
  /** Wants to be let in by whoever leads. */
  | { readonly type: "seek"; readonly from: TabId }
  | { readonly type: "let_in"; readonly from: TabId; readonly to: TabId; readonly greeting: Greeting; readonly standing: Standing }
  /** Whoever was told to wait may seek again. */
  | { readonly type: "ready"; readonly from: TabId }
  /** Asks whether the leader is still there. */
  | { readonly type: "probe"; readonly from: TabId; readonly to: TabId }
  /** The leader is. To all if `to` is null. */
  | { readonly type: "here"; readonly from: TabId; readonly to: TabId | null }
  | { readonly type: "up"; readonly from: TabId; readonly to: TabId; readonly event: ClientEvent }
  | { readonly type: "down"; readonly from: TabId; readonly to: TabId | null; readonly event: ServerEvent }
  | { readonly type: "leave"; readonly from: TabId; readonly to: TabId }
  /** The socket of the leader has closed by itself. */
  | { readonly type: "closed"; readonly from: TabId; readonly code: number };

/** What the leader knows of a tab, itself among them. */
interface Tab {
  readonly isIdle: boolean;
  readonly watched: readonly UserId[];
}

interface Leading {
  readonly role: "leading";
  readonly me: TabId;
  readonly phase: "connecting" | "catching_up" | "live";
  readonly greeting: Greeting;
  readonly tabs: ReadonlyMap<TabId, Tab>;
  /** What has been sent and not answered: another tab that has the same message need not send it again. */
  readonly underWay: ReadonlySet<MessageId>;
  /** What the server was told last. */
  readonly isIdle: boolean;
}

export type Sharing =
  /** `isAsking`: nobody has answered since the last time that it asked. */
  | { readonly role: "seeking"; readonly me: TabId; readonly isAsking: boolean }
  | {
      readonly role: "following";
      readonly me: TabId;
      readonly leader: TabId;
      readonly isAsking: boolean;
      readonly greeting: Greeting;
      readonly standing: Standing;
    }
  | Leading
  | { readonly role: "over" };

export type TabEvent =
  /** The tab has the lock. */
  | { readonly type: "locked" }
  /** Another tab has taken the lock away, or this one is about to be frozen. */
  | { readonly type: "robbed" }
  /** `PROBE_MS` have passed. */
  | { readonly type: "woke" }
  /** `standing` is that of this tab; null if it does not know by itself yet what there is. */
  | { readonly type: "heard"; readonly message: TabMessage; readonly standing: Standing | null }
  /** A follower is no more. */
  | { readonly type: "gone"; readonly tab: TabId }
  /** The client of this tab sends something, or closes. */
  | { readonly type: "sent"; readonly event: ClientEvent }
  | { readonly type: "dropped" }
  /** The leader's socket is open, brings something, has closed. */
  | { readonly type: "connected" }
  | { readonly type: "came"; readonly event: ServerEvent }
  | { readonly type: "disconnected"; readonly code: number };

export type TabEffect =
  /** To the server. */
  | { readonly type: "connect" }
  | { readonly type: "send"; readonly event: ClientEvent }
  | { readonly type: "disconnect" }
  /** To the other tabs. */
  | { readonly type: "post"; readonly message: TabMessage }
  /** To the client of this tab. */
  | { readonly type: "open" }
  | { readonly type: "give"; readonly event: ServerEvent }
  | { readonly type: "close"; readonly code: number }
  /** Takes the lock from a leader that says nothing. */
  | { readonly type: "steal" }
  /** Gives the lock back, or wants it no more. */
  | { readonly type: "release" }
  /** Wants to be told when a tab is gone. */
  | { readonly type: "guard"; readonly tab: TabId };

export interface TabStep {
  readonly sharing: Sharing;
  readonly effects: readonly TabEffect[];
}

/** How often a tab asks for its leader. One that has not answered by the next time is taken for frozen. */
export const PROBE_MS = 1_000;
/** As many as a connection may watch. */
export const MAX_WATCHED = 200;
/** The code of RFC 6455 for a connection that was lost. */
const LOST = 1006;
const UNKNOWN: Greeting = { heartbeatMs: 0, preferences: null };
const BUSY: Tab = { isIdle: false, watched: [] };
/** To a client that is connected: come back at once. */
const MOVED: ServerEvent = { type: "going_away", reconnectAfterMs: 0 };

/** A tab that wants a connection, and has asked for the lock. */
export function seek(me: TabId): TabStep {
  return { sharing: { role: "seeking", me, isAsking: true }, effects: [post({ type: "seek", from: me })] };
}

/** Whether `woke` is to be told. */
export function isWaking(sharing: Sharing): boolean {
  return sharing.role === "seeking" || sharing.role === "following";
}

export function step(sharing: Sharing, event: TabEvent): TabStep {
  switch (sharing.role) {
    case "seeking":
      return seeking(sharing, event);
    case "following":
      return following(sharing, event);
    case "leading":
      return leading(sharing, event);
    case "over":
      return stay(sharing);
  }
}

function seeking(sharing: Extract<Sharing, { role: "seeking" }>, event: TabEvent): TabStep {
  const { me } = sharing;
  switch (event.type) {
    case "locked": {
      const led: Leading = { role: "leading", me, phase: "connecting", greeting: UNKNOWN, tabs: new Map([[me, BUSY]]), underWay: new Set(), isIdle: false };
      return { sharing: led, effects: [post({ type: "here", from: me, to: null }), { type: "connect" }] };
    }
    case "woke": {
      const asked = seek(me);
      return sharing.isAsking ? { ...asked, effects: [{ type: "steal" }, ...asked.effects] } : asked;
    }
    case "heard":
      return soughtAndHeard(sharing, event.message);
    case "dropped":
      return over({ type: "release" });
    default:
      return stay(sharing);
  }
}

function soughtAndHeard(sharing: Extract<Sharing, { role: "seeking" }>, message: TabMessage): TabStep {
  const { me } = sharing;
  switch (message.type) {
    case "here":
      return stay(message.to === null || message.to === me ? { ...sharing, isAsking: false } : sharing);
    case "ready":
      return seek(me);
    case "let_in": {
      const { from: leader, to, greeting, standing } = message;
      return to === me ? { sharing: { role: "following", me, leader, isAsking: false, greeting, standing }, effects: [{ type: "open" }] } : stay(sharing);
    }
    default:
      return stay(sharing);
  }
}

function following(sharing: Extract<Sharing, { role: "following" }>, event: TabEvent): TabStep {
  const { me, leader } = sharing;
  switch (event.type) {
    case "sent":
      return event.event.type === "hello"
        ? { sharing, effects: begun(sharing.greeting, sharing.standing) }
        : { sharing, effects: [post({ type: "up", from: me, to: leader, event: event.event })] };
    case "locked": // so the leader is gone, or can lead no more
      return over(give(MOVED), { type: "release" });
    case "woke":
      // Without a lock the leader is none, and all come back.
      return sharing.isAsking
        ? { sharing, effects: [{ type: "steal" }] }
        : { sharing: { ...sharing, isAsking: true }, effects: [post({ type: "probe", from: me, to: leader })] };
    case "heard":
      return event.message.from === leader ? followedAndHeard(sharing, event.message) : stay(sharing);
    case "dropped":
      return over(post({ type: "leave", from: me, to: leader }), { type: "release" });
    default:
      return stay(sharing);
  }
}

function followedAndHeard(sharing: Extract<Sharing, { role: "following" }>, message: TabMessage): TabStep {
  switch (message.type) {
    case "here":
      return stay(message.to === sharing.me ? { ...sharing, isAsking: false } : sharing);
    case "down":
      return message.to === null || message.to === sharing.me ? { sharing, effects: [give(message.event)] } : stay(sharing);
    case "closed":
      return over({ type: "close", code: message.code }, { type: "release" });
    default:
      return stay(sharing);
  }
}

/** What a server would say to a client that begins. */
function begun({ heartbeatMs, preferences }: Greeting, { heads, ahead }: Standing): readonly TabEffect[] {
  return [give({ type: "welcome", heads, heartbeatMs, preferences }), ...ahead.map((entry) => give({ type: "entry", entry })), give({ type: "live" })];
}

function leading(sharing: Leading, event: TabEvent): TabStep {
  const { me } = sharing;
  switch (event.type) {
    case "connected":
      return { sharing, effects: [{ type: "open" }] };
    case "came":
      return came(sharing, event.event);
    case "sent":
      return sent(sharing, me, event.event);
    case "heard":
      return ledAndHeard(sharing, event.message, event.standing);
    case "gone":
      return stay(withoutTab(sharing, event.tab));
    case "disconnected":
      return over(post({ type: "closed", from: me, code: event.code }), { type: "close", code: event.code }, { type: "release" });
    case "robbed":
      return over({ type: "disconnect" }, { type: "release" }, sharing.phase === "connecting" ? { type: "close", code: LOST } : give(MOVED));
    case "dropped":
      return over({ type: "disconnect" }, { type: "release" });
    default:
      return stay(sharing);
  }
}

function ledAndHeard(sharing: Leading, message: TabMessage, standing: Standing | null): TabStep {
  const { me } = sharing;
  const { from } = message;
  switch (message.type) {
    case "seek":
      return sharing.phase === "live" && standing !== null
        ? letIn(sharing, from, standing)
        : { sharing, effects: [post({ type: "here", from: me, to: from })] };
    case "probe":
      return sharing.tabs.has(from) ? { sharing, effects: [post({ type: "here", from: me, to: from })] } : stay(sharing);
    case "up":
      return message.to === me && sharing.tabs.has(from) ? sent(sharing, from, message.event) : stay(sharing);
    case "leave":
      return stay(message.to === me ? withoutTab(sharing, from) : sharing);
    default:
      return stay(sharing);
  }
}

/** Where it is, and all that comes from now on, is all there is: nothing falls between. */
function letIn(sharing: Leading, tab: TabId, standing: Standing): TabStep {
  const welcome = post({ type: "let_in", from: sharing.me, to: tab, greeting: sharing.greeting, standing });
  const next = rested({ ...sharing, tabs: new Map(sharing.tabs).set(tab, BUSY) });
  return { ...next, effects: [welcome, { type: "guard", tab }, ...next.effects] };
}

function withoutTab(sharing: Leading, tab: TabId): Leading {
  const tabs = new Map(sharing.tabs);
  tabs.delete(tab);
  return { ...sharing, tabs };
}

/** Something comes from the server: for this tab, and for the others what is not an answer to this one alone. */
function came(sharing: Leading, event: ServerEvent): TabStep {
  const { me } = sharing;
  const here = give(event);
  const all = [post({ type: "down", from: me, to: null, event }), here];
  switch (event.type) {
    case "welcome": {
      const { heartbeatMs, preferences } = event;
      return { sharing: { ...sharing, phase: "catching_up", greeting: { heartbeatMs, preferences } }, effects: [here] };
    }
    case "live":
      return { sharing: { ...sharing, phase: "live" }, effects: [here, post({ type: "ready", from: me })] };
    case "pong":
      return { sharing, effects: [here] };
    case "preferences":
      return { sharing: { ...sharing, greeting: { ...sharing.greeting, preferences: event.preferences } }, effects: all };
    case "ack":
    case "reject": {
      const underWay = new Set(sharing.underWay);
      if (event.messageId !== null) {
        underWay.delete(event.messageId);
      }
      return { sharing: { ...sharing, underWay }, effects: all };
    }
    default:
      return { sharing, effects: all };
  }
}

/** A tab has something for the server. */
function sent(sharing: Leading, from: TabId, event: ClientEvent): TabStep {
  const { me, tabs, underWay } = sharing;
  const tab = tabs.get(from) ?? BUSY;
  switch (event.type) {
    case "send":
      return underWay.has(event.messageId)
        ? stay(sharing)
        : { sharing: { ...sharing, underWay: new Set(underWay).add(event.messageId) }, effects: [{ type: "send", event }] };
    case "ping": {
      const known = { ...sharing, tabs: new Map(tabs).set(from, { ...tab, isIdle: event.isIdle }) };
      if (from !== me) {
        const next = rested(known);
        return { ...next, effects: [post({ type: "down", from: me, to: from, event: { type: "pong" } }), ...next.effects] };
      }
      const isIdle = areIdle(known);
      return { sharing: { ...known, isIdle }, effects: [{ type: "send", event: { type: "ping", isIdle } }] };
    }
    case "subscribe_presence": {
      const known = new Map(tabs).set(from, { ...tab, watched: event.userIds });
      const others = [...known].filter(([id]) => id !== from).flatMap(([, { watched }]) => watched);
      const userIds = [...new Set([...event.userIds, ...others])].slice(0, MAX_WATCHED);
      // Also if they are watched already: it is the answer that the tab asks for.
      return { sharing: { ...sharing, tabs: known }, effects: [{ type: "send", event: { type: "subscribe_presence", userIds } }] };
    }
    default:
      return { sharing, effects: [{ type: "send", event }] };
  }
}

/** Tells at once that somebody is there again: the next ping is soon enough for the other way. */
function rested(sharing: Leading): TabStep {
  return sharing.isIdle && !areIdle(sharing)
    ? { sharing: { ...sharing, isIdle: false }, effects: [{ type: "send", event: { type: "ping", isIdle: false } }] }
    : stay(sharing);
}

/** Whether nobody uses any of the tabs. */
function areIdle({ tabs }: Leading): boolean {
  return [...tabs.values()].every(({ isIdle }) => isIdle);
}

function stay(sharing: Sharing): TabStep {
  return { sharing, effects: [] };
}

function over(...effects: readonly TabEffect[]): TabStep {
  return { sharing: { role: "over" }, effects };
}

function post(message: TabMessage): TabEffect {
  return { type: "post", message };
}

function give(event: ServerEvent): TabEffect {
  return { type: "give", event };
}
