/** Whether this browser is told of messages while no page is open, and what is taken back when they were read here. */

import type { State } from "../core/state";
import type { ConversationId } from "../core/types";
import type { Names } from "../core/notification";
import type { Api } from "../net/api";
import type { PushBrowser } from "../net/push";
import { Alarm } from "./alarm";
import { Store } from "./store";

/** `blocked`: the user has told the browser not to, and only they can tell it otherwise. */
export type Notifications = "unsupported" | "blocked" | "off" | "on";

/** How long after something was read, or somebody got a name, that is done which must follow. */
const SOON_MS = 1_000;

export class Notifier {
  readonly store = new Store<Notifications, Notifications>((_, next) => next, "unsupported");
  private readonly readSeqs = new Map<ConversationId, number>();
  private named: State["users"] | null = null;
  private readonly badgeAlarm = new Alarm(() => {
    void this.refreshBadge();
  });
  private readonly namesAlarm = new Alarm(() => {
    void this.browser.keepNames(namesOf(this.chats.get())).catch(() => undefined);
  });

  constructor(
    private readonly chats: Store,
    private readonly api: Pick<Api, "devices" | "personal">,
    private readonly browser: PushBrowser,
  ) {
    chats.subscribe(() => {
      this.follow(chats.get());
    });
  }

  /** A session has begun: the device that is subscribed belongs to it from now on. */
  async resume(): Promise<void> {
    const subscription = this.browser.permission() === "granted" ? await this.browser.subscribed().catch(() => null) : null;
    if (subscription !== null) {
      await this.api.devices.register(subscription, this.showsText()).then(
        () => { this.turned("on"); },
        () => { this.turned("off"); },
      );
    } else {
      this.turned(this.browser.permission() === "denied" ? "blocked" : "off");
    }
  }

  /** Asks the user, who has clicked, and subscribes. Throws ApiError. */
  async turnOn(): Promise<void> {
    if ((await this.browser.ask()) !== "granted") {
      this.turned(this.browser.permission() === "denied" ? "blocked" : "off");
      return;
    }
    await this.api.devices.register(await this.browser.subscribe(await this.api.devices.pushKey()), this.showsText());
    this.turned("on");
  }

  /** Throws ApiError. */
  async turnOff(): Promise<void> {
    const subscription = await this.browser.subscribed();
    if (subscription !== null) {
      await this.api.devices.remove(await this.api.devices.register(subscription, this.showsText()));
    }
    await this.leave();
  }

  /** Whether notifications on this device tell what was said, and not only that something was. */
  showsText(): boolean {
    return this.browser.showsText();
  }

  /** Throws ApiError; then it is as it was. */
  async showText(isShown: boolean): Promise<void> {
    const subscription = await this.browser.subscribed();
    if (subscription !== null) {
      await this.api.devices.register(subscription, isShown);
    }
    this.browser.keepShowsText(isShown);
  }

  /** Shows one, so that the user sees whether they see it. */
  async showOne(title: string, body: string): Promise<void> {
    await this.browser.show(title, body);
  }

  /** The session has ended, and with it the server has forgotten the device. */
  async leave(): Promise<void> {
    this.readSeqs.clear();
    this.badgeAlarm.set(null);
    this.namesAlarm.set(null);
    if (this.browser.permission() !== null) {
      await this.browser.unsubscribe().catch(() => undefined);
    }
    this.turned("off");
  }

  private turned(next: Notifications): void {
    this.store.dispatch(this.browser.permission() === null ? "unsupported" : next);
    if (this.store.get() === "on") {
      this.badgeAlarm.set(Date.now());
      this.namesAlarm.set(Date.now());
    }
  }

  /** What was read, here or on another device, is shown no more. */
  private follow({ conversations, users }: State): void {
    if (this.store.get() !== "on") {
      return;
    }
    for (const [conversationId, { readSeq }] of conversations) {
      const before = this.readSeqs.get(conversationId);
      this.readSeqs.set(conversationId, readSeq);
      if (before !== undefined && readSeq > before) {
        void this.browser.withdraw(conversationId, readSeq).catch(() => undefined);
        this.badgeAlarm.set(Date.now() + SOON_MS);
      }
    }
    if (users !== this.named) {
      this.named = users;
      this.namesAlarm.set(Date.now() + SOON_MS);
    }
  }

  private async refreshBadge(): Promise<void> {
    const count = await this.api.personal.badge().catch(() => null);
    if (count !== null) {
      await this.browser.setBadge(count);
    }
  }
}

/** Who and what may have to be named in a notification. */
export function namesOf(state: State): Names {
  const groups = [...state.conversations.values()].filter(({ conversation }) => conversation.kind === "group" || conversation.kind === "channel");
  return {
    users: Object.fromEntries([...state.users.values()].flatMap(({ userId, displayName }) => (displayName === null ? [] : [[userId, displayName]]))),
    titles: Object.fromEntries(groups.map(({ conversation }) => [conversation.conversationId, conversation.title])),
  };
}
