/** The client: everything that the user can do, and what follows from what the server says. */

import { type Connection, isOpen } from "../core/connection";
import { hasHole } from "../core/log";
import type { TextId } from "../core/texts";
import { enqueued, refused, retried, without } from "../core/outbox";
import { watchedUsers } from "../core/select";
import type { Shared } from "../core/shared";
import { initial, myId, passesAt, standingOf, update } from "../core/state";
import type { ConversationId, MessageId, Said, UserId } from "../core/types";
import { Api, authentication, type Tokens } from "../net/api";
import type { Cursor, ServerEvent } from "../net/frames";
import { LocalStore } from "../net/local";
import { SESSION_KEY, SessionKeeper } from "../net/session";
import { takeShared } from "../net/shared";
import { type PushBrowser, pushBrowser } from "../net/push";
import { sharedSocket } from "../net/shared_socket";
import type { OpenSocket } from "../net/socket";
import { Account } from "./account";
import { Alarm } from "./alarm";
import { CatchUp } from "./catch_up";
import { Composition } from "./composition";
import { Directory } from "./directory";
import { Dispatcher } from "./dispatcher";
import { Drafts } from "./drafts";
import { Expirer } from "./expirer";
import { Files } from "./files";
import { Idleness } from "./idleness";
import { Ids } from "./ids";
import { Keeper } from "./keeper";
import { late } from "./late";
import { Library } from "./library";
import { Link } from "./link";
import { Looks } from "./looks";
import { Messages } from "./messages";
import { Mirror } from "./mirror";
import { Notifier } from "./notifications";
import { Personal } from "./personal";
import { Reporter } from "./reporter";
import { forgetSearches } from "./searches";
import { Store } from "./store";

/** A sign of typing is worth five seconds to those who see it, and is given at most every three. */
const TYPING_SHOWN_MS = 5_000;
const TYPING_EVERY_MS = 3_000;
const MAX_CURSORS = 500;

export class Client {
  readonly store = new Store(update, initial);
  private readonly session = new SessionKeeper(authentication, () => {
    this.end("account.loggedOut");
  });
  private readonly api = new Api((isRefused) => this.session.token(isRefused));
  private readonly ids = new Ids();
  private readonly keeper = new Keeper(this.store, new LocalStore());
  /** Counts the sessions of this page: what an ended one was waiting for must not begin it again. */
  private turn = 0;
  readonly notifier: Notifier;
  private readonly link: Link;
  private readonly dispatcher: Dispatcher;
  private readonly reporter: Reporter;
  private readonly mirror: Mirror;
  private readonly catchUp = new CatchUp(this.store, this.api);
  private readonly library = new Library(this.store, this.api, this.catchUp);
  private readonly drafts = new Drafts(this.store, this.api.personal);
  readonly composition = new Composition(this.store, this.drafts, (conversationId) => { this.typing(conversationId); });
  readonly messages = new Messages(this.api.messages, this.ids.next);
  readonly groups = late(async () => {
    const [{ Groups }, { GroupsApi }] = await Promise.all([import("./groups"), import("../net/groups")]);
    return new Groups(this.store, new GroupsApi(this.api.calls), this.api.account, this.library, this.ids.next);
  });
  readonly personal = new Personal(this.api.personal, this.composition);
  readonly files = new Files(this.api.files);
  /** For who is not in yet. */
  readonly providers = late(async () => new (await import("./login")).ProviderLogin((tokens) => this.accept(tokens)));
  readonly safety = late(async () => {
    const [{ Safety }, { SafetyApi }] = await Promise.all([import("./safety"), import("../net/safety")]);
    return new Safety(this.store, new SafetyApi(this.api.calls));
  });
  readonly search = late(async () => new (await import("../net/search")).SearchApi(this.api.calls));
  readonly moderation = late(async () => new (await import("../net/moderation")).ModerationApi(this.api.calls));
  readonly directory = new Directory(this.store, this.api.account);
  readonly account = new Account(this.store, this.api, () => this.leave());
  readonly admin = late(async () => new (await import("../net/admin")).AdminApi(this.api.calls));
  private readonly passingAlarm = new Alarm(() => {
    this.store.dispatch({ type: "time_passed", now: Date.now() });
    this.passingAlarm.set(passesAt(this.store.get()));
  });
  private readonly typingToldAt = new Map<ConversationId, number>();
  /** What the server welcomed us with. */
  private heads: readonly Cursor[] = [];
  /** Rings when what is known of those on the screen is to be asked for again. */
  private readonly watchAlarm = new Alarm(() => {
    this.watched = "";
    this.watch();
  });
  private watched = "";
  private readonly idleness = new Idleness(() => {
    this.link.send({ type: "ping", isIdle: false });
  });

  constructor(open: OpenSocket, browser: PushBrowser = pushBrowser) {
    this.notifier = new Notifier(this.store, this.api, browser);
    const shared = sharedSocket(open, {
      group: () => myId(this.store.get()) ?? "",
      standing: () => standingOf(this.store.get()),
      beckoned: () => { this.hurry(); },
    });
    this.link = new Link(shared, (isRefused) => this.session.token(isRefused), {
      changed: (connection) => {
        this.connectionChanged(connection);
      },
      received: (event) => {
        this.received(event);
      },
      cursors: () => this.cursors(),
    }, this.idleness.isIdle);
    this.dispatcher = new Dispatcher(this.store, (event) => this.link.send(event));
    this.reporter = new Reporter(this.store, (event) => this.link.send(event));
    this.mirror = new Mirror(this.store, (change) => { this.dispatcher.change(change); });
    new Expirer(this.store);
    new Looks(this.store, this.api.messages);
    this.store.subscribe(() => {
      this.watch();
    });
  }

  /** Picks up the session that was kept from before, if there is one. */
  start(): void {
    const userId = this.session.userId();
    if (userId === null) {
      this.store.dispatch({ type: "signed_out", notice: null });
      void this.session.finishLeaving();
    } else {
      void this.begin(userId);
    }
  }

  /** Throws ApiError. */
  async register(username: string, password: string, displayName: string, invite = ""): Promise<void> {
    await this.accept(await authentication.register(username, password, displayName, invite));
  }

  /** Throws ApiError. */
  async login(username: string, password: string): Promise<void> {
    await this.accept(await authentication.login(username, password));
  }

  /** Whether the user is an administrator. Throws ApiError. */
  isAdmin(): Promise<boolean> {
    return this.session.isAdmin();
  }

  /** Ends the session, here at once and on the server as soon as it can be told. What was not sent is discarded. */
  async logout(): Promise<void> {
    const left = this.session.leave();
    this.link.handle({ type: "stop" });
    await left;
    await this.leave();
  }

  /** Forgets the session and what belongs to it. */
  private async leave(): Promise<void> {
    const me = myId(this.store.get());
    this.session.forget();
    forgetSearches();
    this.end(null);
    if (me !== null) {
      await this.keeper.forget(me, true);
    }
  }

  /** Another tab has changed what all of them share. */
  storageChanged(key: string | null): void {
    const me = myId(this.store.get());
    if ((key === SESSION_KEY || key === null) && this.session.userId() !== me) {
      this.end(null);
      this.start();
    }
  }

  networkChanged(isOnline: boolean): void {
    this.link.handle({ type: isOnline ? "online" : "offline" });
    if (isOnline) {
      void this.session.finishLeaving();
    }
  }

  /** Connects now rather than later, and makes sure of a connection that may have died unnoticed. */
  hurry(): void {
    this.link.handle({ type: "hurry" });
  }

  openConversation(conversationId: ConversationId | null): void {
    this.store.dispatch({ type: "opened", conversationId });
    this.library.prepare();
  }

  /** Fetches a page of what is older. */
  async loadOlder(conversationId: ConversationId): Promise<void> {
    await this.library.loadOlder(conversationId);
  }

  /** Fetches what is older until the message at `seq` is loaded. Resolves to whether it is there now. */
  async loadBack(conversationId: ConversationId, seq: number): Promise<boolean> {
    return this.library.loadBack(conversationId, seq);
  }

  /** Says something: at once, or as soon as there is a connection. */
  send(conversationId: ConversationId, said: Said): void {
    const messageId = this.newMessageId();
    this.typingToldAt.delete(conversationId);
    this.composition.sent({ conversationId, thread: said.thread ?? null });
    this.dispatcher.change((outbox) => enqueued(outbox, messageId, conversationId, said, Date.now()));
  }

  /** Puts a text below what is being written in a conversation. */
  addToDraft(conversationId: ConversationId, text: string): void {
    const before = this.store.get().drafts.get(conversationId) ?? "";
    this.drafts.write(conversationId, [before, text].filter((part) => part !== "").join("\n"));
  }

  /** What the user has shared with the app from another one; null if there is nothing. */
  async takeShared(): Promise<Shared | null> {
    return takeShared().catch(() => null);
  }

  retry(messageId: MessageId): void {
    this.dispatcher.change((outbox) => retried(outbox, messageId, Date.now()));
  }

  discard(messageId: MessageId): void {
    this.dispatcher.change((outbox) => without(outbox, messageId));
  }

  typing(conversationId: ConversationId): void {
    const now = Date.now();
    if (now - (this.typingToldAt.get(conversationId) ?? 0) >= TYPING_EVERY_MS && this.link.send({ type: "typing", conversationId })) {
      this.typingToldAt.set(conversationId, now);
    }
  }

  /** Everything up to `seq` was on the screen. */
  read(conversationId: ConversationId, seq: number): void {
    if (seq > (this.store.get().conversations.get(conversationId)?.readSeq ?? Infinity)) {
      this.store.dispatch({ type: "read", conversationId, seq });
      this.reporter.note(conversationId);
    }
  }

  /** An id for something that must happen once. */
  newMessageId(): MessageId {
    return this.ids.next();
  }

  private async accept(tokens: Tokens): Promise<void> {
    this.session.keep(tokens);
    await this.begin(tokens.userId);
  }

  /** Shows what was kept of the user, and catches up from there. */
  private async begin(userId: UserId): Promise<void> {
    this.turn += 1;
    const { turn } = this;
    this.mirror.open(userId);
    const { outbox, saved } = await this.keeper.load(userId);
    if (turn !== this.turn) {
      return;
    }
    this.store.dispatch({ type: "signed_in", userId, outbox, saved });
    this.store.dispatch({ type: "time_passed", now: Date.now() });
    void this.notifier.resume();
    // With what was kept there is a place to go on from, and the server says what else there is.
    void (saved.conversations.size > 0 ? Promise.resolve() : this.library.list()).then(() => {
      if (turn === this.turn) {
        this.link.handle({ type: "start" });
        if (!navigator.onLine) {
          this.link.handle({ type: "offline" });
        }
      }
    });
  }

  private end(notice: TextId | null): void {
    const me = myId(this.store.get());
    this.turn += 1;
    this.link.handle({ type: "stop" });
    this.library.close();
    this.drafts.close();
    this.files.uploads.close();
    this.mirror.close();
    void this.notifier.leave();
    this.store.dispatch({ type: "signed_out", notice });
    if (me !== null) {
      void this.keeper.forget(me, false);
    }
  }

  private connectionChanged(connection: Connection): void {
    const wasOpen = isOpen(this.store.get().connection);
    this.store.dispatch({ type: "connection_changed", connection });
    if (wasOpen && !isOpen(connection)) {
      this.dispatcher.interrupt();
      this.watched = "";
    }
  }

  private received(event: ServerEvent): void {
    switch (event.type) {
      case "welcome":
        this.welcomed(event);
        break;
      case "live":
        // What `resume` asked for has come; this gets what it could not ask for.
        void this.library.fetchNewer(this.heads);
        void this.drafts.load();
        break;
      case "pong":
      case "going_away":
        break;
      case "ack":
        this.store.dispatch({ ...event, type: "acked" });
        this.dispatcher.pump();
        break;
      case "reject":
        if (event.messageId !== null) {
          const { messageId } = event;
          this.dispatcher.change((outbox) => refused(outbox, messageId, event, Date.now(), Math.random()));
        }
        break;
      case "entry":
        this.entryCame(event);
        break;
      case "watermark":
        this.store.dispatch({ type: "watermark_came", watermark: event.watermark });
        break;
      case "typing":
        this.store.dispatch({ ...event, type: "typing_came", until: Date.now() + TYPING_SHOWN_MS });
        this.passingAlarm.set(passesAt(this.store.get()));
        break;
      case "part":
        this.store.dispatch({ ...event, type: "part_came", now: Date.now() });
        this.passingAlarm.set(passesAt(this.store.get()));
        break;
      case "presence":
        this.store.dispatch({ type: "presence_came", presence: [event.presence] });
        break;
      case "stale_presence":
        this.watchAlarm.set(Date.now() + event.askAfterMs);
        break;
      case "preferences":
        this.store.dispatch({ ...event, type: "preferences_came" });
        break;
      case "resync":
        this.resync(event.conversationId);
        break;
      case "left":
        this.library.outdate();
        this.store.dispatch(event);
        break;
    }
  }

  private welcomed({ heads, preferences }: Extract<ServerEvent, { type: "welcome" }>): void {
    if (preferences !== null) {
      this.store.dispatch({ type: "preferences_came", preferences });
    }
    const state = this.store.get();
    const isIncomplete = state.listing !== "idle" || heads.some(({ conversationId }) => !state.conversations.has(conversationId));
    this.store.dispatch({ type: "welcomed", heads });
    this.reporter.reset(heads);
    this.library.expire();
    this.dispatcher.pump();
    if (isIncomplete) {
      void this.library.list();
    } else {
      this.library.prepare();
    }
    this.heads = heads.map(({ conversationId, headSeq }) => ({ conversationId, seq: headSeq }));
  }

  private resync(conversationId: ConversationId | null): void {
    if (conversationId === null) {
      void this.library.list();
    } else if (this.store.get().conversations.has(conversationId)) {
      void this.catchUp.now(conversationId);
    } else {
      void this.library.discover(conversationId);
    }
  }

  private entryCame({ entry }: Extract<ServerEvent, { type: "entry" }>): void {
    const { conversationId, content } = entry;
    this.store.dispatch({ type: "entry_came", entry });
    if (content.kind === "personal" && content.personal.type === "draft") {
      this.drafts.came(content.about, content.personal.text);
    }
    const chat = this.store.get().conversations.get(conversationId);
    if (chat === undefined) {
      void this.library.discover(conversationId);
      return;
    }
    if (hasHole(chat.log)) {
      void this.catchUp.soon(conversationId);
    }
    this.reporter.note(conversationId);
    this.dispatcher.pump();
  }

  private cursors(): readonly Cursor[] {
    const chats = [...this.store.get().conversations.values()];
    return chats
      .sort((a, b) => (b.log.entries.at(-1)?.acceptedAt ?? 0) - (a.log.entries.at(-1)?.acceptedAt ?? 0))
      .slice(0, MAX_CURSORS)
      .map(({ conversation, log }) => ({ conversationId: conversation.conversationId, seq: log.tail }));
  }

  /** Asks for the presence of those who are on the screen, whenever they change. */
  private watch(): void {
    if (!isOpen(this.store.get().connection)) {
      return;
    }
    const userIds = watchedUsers(this.store.get());
    const watched = [...userIds].sort().join();
    if (watched !== this.watched && this.link.send({ type: "subscribe_presence", userIds })) {
      this.watched = watched;
    }
  }
}
