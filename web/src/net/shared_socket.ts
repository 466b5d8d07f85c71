/**
 * One WebSocket for all tabs of a browser, by the rules of core/tabs.ts. Who leads is decided by a Web Lock, and tabs talk over a
 * BroadcastChannel; where a browser has not both, as on a page without HTTPS, each tab has a socket of its own.
 */

import { isWaking, PROBE_MS, seek, type Sharing, type Standing, step, type TabEffect, type TabEvent, type TabId, type TabMessage, type TabStep } from "../core/tabs";
import { type Channel, locksOfTabs, openChannel } from "./channel";
import type { OpenSocket, Socket, SocketListener } from "./socket";
import { buildOfPage } from "./worker";

export interface Sharer {
  /** Those who share a socket have the same: the user. Asked for each socket. */
  group(): string;
  /** Where the client of this tab is; null while it does not know by itself what there is. */
  standing(): Standing | null;
  /** Another tab is connected, and this one is not: now it could be. */
  beckoned(): void;
}

const PREFIX = "elastic-chat.socket";

/** A way to open sockets, of which one is real and is shared by all tabs. */
export function sharedSocket(open: OpenSocket, sharer: Sharer): OpenSocket {
  const locks = locksOfTabs();
  if (locks === null) {
    return open;
  }
  const tabs = new Tabs(sharer);
  return (listener) => tabs.enter(locks, open, listener);
}

/** This tab among the others: a channel to them, and its present place if it has one. */
class Tabs {
  private name = "";
  private channel: Channel<TabMessage> | null = null;
  private place: Place | null = null;

  constructor(private readonly sharer: Sharer) {
    const rest = (): void => { this.place?.handle({ type: "robbed" }); };
    // A frozen page holds its lock and says nothing. `freeze` is the document's, and does not bubble everywhere.
    window.addEventListener("freeze", rest, { capture: true });
    window.addEventListener("pagehide", rest);
  }

  enter(locks: LockManager, open: OpenSocket, listener: SocketListener): Socket {
    // What tabs say to each other is of one version of the client.
    const name = `${PREFIX}.${buildOfPage()}.${this.sharer.group()}`;
    if (this.channel === null || name !== this.name) {
      this.channel?.close();
      this.channel = openChannel<TabMessage>(name, (message) => { this.hear(message); });
      this.name = name;
    }
    const { channel } = this;
    const place = new Place(name, locks, open, listener, (message) => { channel.post(message); }, () => {
      if (this.place === place) {
        this.place = null;
      }
    });
    this.place = place;
    return place;
  }

  private hear(message: TabMessage): void {
    if (this.place !== null) {
      this.place.handle({ type: "heard", message, standing: message.type === "seek" ? this.sharer.standing() : null });
    } else if (message.type === "ready") {
      this.sharer.beckoned();
    }
  }
}

class Place implements Socket {
  /** Null until the tab holds a lock by which the others see that it is there. */
  private sharing: Sharing | null = null;
  private socket: Socket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Aborted when the place is left: what waits for a lock waits no more. */
  private readonly left = new AbortController();
  private readonly leaving = new Promise<void>((resolve) => {
    this.left.signal.addEventListener("abort", () => { resolve(); });
  });
  private wish = new AbortController();

  constructor(
    private readonly name: string,
    private readonly locks: LockManager,
    private readonly open: OpenSocket,
    private readonly listener: SocketListener,
    private readonly post: (message: TabMessage) => void,
    private readonly ended: () => void,
  ) {
    const me = crypto.randomUUID() as TabId;
    void this.holding(this.lockOf(me), this.left.signal, () => {
      void this.holding(name, this.wish.signal, () => { this.handle({ type: "locked" }); });
      this.take(seek(me));
      this.wake();
    });
  }

  send(event: Extract<TabEvent, { type: "sent" }>["event"]): void {
    this.handle({ type: "sent", event });
  }

  close(): void {
    this.handle({ type: "dropped" });
    this.leave();
  }

  handle(event: TabEvent): void {
    if (this.sharing !== null) {
      this.take(step(this.sharing, event));
    }
  }

  private take({ sharing, effects }: TabStep): void {
    // First: what an effect leads to is a step from there.
    this.sharing = sharing;
    for (const effect of effects) {
      this.carryOut(effect);
    }
  }

  private carryOut(effect: TabEffect): void {
    switch (effect.type) {
      case "connect":
        this.socket = this.open({
          opened: () => { this.handle({ type: "connected" }); },
          received: (event) => { this.handle({ type: "came", event }); },
          closed: (code) => { this.handle({ type: "disconnected", code }); },
        });
        break;
      case "send":
        this.socket?.send(effect.event);
        break;
      case "disconnect":
        this.socket?.close();
        break;
      case "post":
        this.post(effect.message);
        break;
      case "open":
        this.listener.opened();
        break;
      case "give":
        this.listener.received(effect.event);
        break;
      case "close":
        this.listener.closed(effect.code);
        break;
      case "steal":
        this.wish.abort();
        void this.holding(this.name, null, () => { this.handle({ type: "locked" }); });
        break;
      case "release":
        this.leave();
        break;
      case "guard":
        void this.locks.request(this.lockOf(effect.tab), { signal: this.left.signal }, () => { this.handle({ type: "gone", tab: effect.tab }); }).catch(() => undefined);
        break;
    }
  }

  /** Holds a lock, from when it is free until the place is left. Without a signal it is taken away from whoever has it. */
  private async holding(lock: string, signal: AbortSignal | null, held: () => void): Promise<void> {
    try {
      await this.locks.request(lock, signal === null ? { steal: true } : { signal }, async () => {
        if (!this.left.signal.aborted) {
          held();
          await this.leaving;
        }
      });
    } catch {
      // It was taken away; or it was wanted no more before it was had, which is no news to a tab that does not lead.
      this.handle({ type: "robbed" });
    }
  }

  private wake(): void {
    this.timer = setTimeout(() => {
      this.handle({ type: "woke" });
      if (this.sharing !== null && isWaking(this.sharing)) {
        this.wake();
      }
    }, PROBE_MS);
  }

  private leave(): void {
    clearTimeout(this.timer);
    this.wish.abort();
    this.left.abort();
    this.ended();
  }

  private lockOf(tab: TabId): string {
    return `${this.name}.${tab}`;
  }
}
