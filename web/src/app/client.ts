/** The client: everything that the user can do, and what follows from what the server says. */

import { type Connection, isOpen } from "../core/connection";
import { hasHole } from "../core/log";
import { enqueued, refused, retried, without } from "../core/outbox";
import { watchedUsers } from "../core/select";
import { initial, myId, passesAt, update } from "../core/state";
import type { Change, ConversationId, Entry, FileRef, Later, LinkPreview, MessageId, Mine, Preferences, UserId } from "../core/types";
import { uuid7, uuid7Epoch } from "../core/uuid7";
import { Api, authentication, type Tokens } from "../net/api";
import { ApiError } from "../net/errors";
import type { Cursor, ServerEvent } from "../net/frames";
import { clearOutbox, loadOutbox } from "../net/outbox_storage";
import { SESSION_KEY, SessionKeeper } from "../net/session";
import { type PushBrowser, pushBrowser } from "../net/push";
import type { OpenSocket } from "../net/socket";
import { Alarm } from "./alarm";
import { Idleness } from "./idleness";
import { CatchUp } from "./catch_up";
import { Directory } from "./directory";
import { Dispatcher } from "./dispatcher";
import { Drafts } from "./drafts";
import { Expirer } from "./expirer";
import { Library } from "./library";
import { Link } from "./link";
import { Looks } from "./looks";
import { Notifier } from "./notifications";
import { Previews } from "./previews";
import { Reporter } from "./reporter";
import { Store } from "./store";

/** A sign of typing is worth five seconds to those who see it, and is given at most every three. */
const TYPING_SHOWN_MS = 5_000;
const TYPING_EVERY_MS = 3_000;
const MAX_CURSORS = 500;

export class Client {
  readonly store = new Store(update, initial);
  private readonly session = new SessionKeeper(authentication.refresh, () => {
    this.end("You were logged out. Log in again.");
  });
  private readonly api = new Api((isRefused) => this.session.token(isRefused));
  readonly notifier: Notifier;
  private readonly link: Link;
  private readonly dispatcher: Dispatcher;
  private readonly reporter: Reporter;
  private readonly catchUp = new CatchUp(this.store, this.api);
  private readonly previews = new Previews(this.api);
  private readonly library = new Library(this.store, this.api, this.catchUp);
  private readonly drafts = new Drafts(this.store, this.api);
  private readonly passingAlarm = new Alarm(() => {
    this.store.dispatch({ type: "time_passed", now: Date.now() });
    this.passingAlarm.set(passesAt(this.store.get()));
  });
  private readonly typingToldAt = new Map<ConversationId, number>();
  /** What the server welcomed us with. */
  private heads: readonly Cursor[] = [];
  private clock = uuid7Epoch;
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
    this.link = new Link(open, (isRefused) => this.session.token(isRefused), {
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
    new Directory(this.store, this.api);
    new Expirer(this.store);
    new Looks(this.store, this.api);
    this.store.subscribe(() => {
      this.watch();
    });
  }

  /** Picks up the session that was kept from before, if there is one. */
  start(): void {
    const userId = this.session.userId();
    if (userId === null) {
      this.store.dispatch({ type: "signed_out", notice: null });
    } else {
      this.begin(userId);
    }
  }

  /** Throws ApiError. */
  async register(username: string, password: string, displayName: string): Promise<void> {
    this.accept(await authentication.register(username, password, displayName));
  }

  /** Throws ApiError. */
  async login(username: string, password: string): Promise<void> {
    this.accept(await authentication.login(username, password));
  }

  /** Ends the session, here at once and on the server as soon as it can be told. What was not sent is discarded. */
  async logout(): Promise<void> {
    const me = myId(this.store.get());
    const told = this.api.logout().catch(() => undefined);
    this.link.handle({ type: "stop" });
    await told;
    if (me !== null) {
      clearOutbox(me);
    }
    this.session.forget();
    this.end(null);
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

  send(conversationId: ConversationId, text: string, files: readonly FileRef[] = []): void {
    const messageId = this.newMessageId();
    this.typingToldAt.delete(conversationId);
    this.drafts.sent(conversationId);
    this.dispatcher.change((outbox) => enqueued(outbox, messageId, conversationId, text, Date.now(), files));
  }

  /** Changes a message. What becomes of it is heard by its entry, as what others do is. Throws ApiError. */
  async change(conversationId: ConversationId, seq: number, change: Change): Promise<void> {
    await this.api.changeMessage(conversationId, seq, change, this.newMessageId());
  }

  /** The user is writing something. */
  draft(conversationId: ConversationId, text: string): void {
    this.drafts.write(conversationId, text);
  }

  /** Lets a message be sent at a time, in Unix milliseconds; once for each `key` (see `newMessageId`). Throws ApiError. */
  async sendLater(conversationId: ConversationId, text: string, at: number, key: MessageId): Promise<void> {
    await this.api.schedule(conversationId, key, text, at);
    this.drafts.sent(conversationId);
  }

  /** What is to be sent later. Throws ApiError. */
  async listLater(): Promise<readonly Later[]> {
    return this.api.listScheduled();
  }

  /** Takes back what is to be sent later. Throws ApiError. */
  async cancelLater(messageId: MessageId): Promise<void> {
    await this.api.cancelScheduled(messageId);
  }

  /** Has a conversation in another way, on all devices: the server tells all of them, this one too. Throws ApiError. */
  async prefer(conversationId: ConversationId, changed: Partial<Mine>, isMarkedUnread?: boolean): Promise<void> {
    await this.api.prefer(conversationId, changed, isMarkedUnread);
  }

  /** Shows a message no more, on any device. Throws ApiError. */
  async hide(conversationId: ConversationId, seq: number): Promise<void> {
    await this.api.hide(conversationId, seq);
  }

  /** Throws ApiError. */
  async star(conversationId: ConversationId, seq: number, isStarred: boolean): Promise<void> {
    await this.api.star(conversationId, seq, isStarred);
  }

  /** The messages that are starred, as they are now. Throws ApiError. */
  async listStars(): Promise<readonly Entry[]> {
    return this.api.listStars();
  }

  /** Uploads a file that can be sent then. Throws ApiError. */
  async upload(file: File, onProgress: (part: number) => void): Promise<FileRef> {
    return this.api.upload(file, onProgress);
  }

  /** An address by which a file can be had for some minutes: of an image as large as a screen shows it. Throws ApiError. */
  async fileUrl({ fileId, mediaType }: FileRef): Promise<string> {
    return this.api.fileUrl(fileId, mediaType.startsWith("image/") ? "VARIANT_LARGE" : "VARIANT_UNSPECIFIED");
  }

  /** What a link leads to; null if there is nothing to show. */
  linkPreview(url: string): Promise<LinkPreview | null> {
    return this.previews.find(url);
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

  /** Starts a conversation with a user, or finds the one that is there. Throws ApiError. */
  async startDirect(username: string): Promise<ConversationId> {
    return this.create("direct", "", [await this.userNamed(username)], this.newMessageId());
  }

  /** Creates a group, once for each `key` (see `newMessageId`) however often it is tried. Throws ApiError. */
  async createGroup(title: string, usernames: readonly string[], key: MessageId): Promise<ConversationId> {
    const memberIds: UserId[] = [];
    for (const username of usernames) {
      memberIds.push(await this.userNamed(username));
    }
    return this.create("group", title, [...new Set(memberIds)], key);
  }

  /** Has others see the user in another way, and know something else; what is as it was is left alone. Throws ApiError. */
  async beSeen({ status, privacy }: Preferences): Promise<void> {
    const before = this.store.get().preferences;
    if (JSON.stringify(before?.privacy) !== JSON.stringify(privacy)) {
      await this.api.setPrivacy(privacy);
    }
    if (JSON.stringify(before?.status) !== JSON.stringify(status)) {
      await this.api.setStatus(status);
    }
    this.store.dispatch({ type: "preferences_came", preferences: { status, privacy } });
  }

  /** Throws ApiError. */
  async addMember(conversationId: ConversationId, username: string): Promise<void> {
    await this.api.addMember(conversationId, await this.userNamed(username));
    await this.library.loadMembers(conversationId);
  }

  /** Gives the code of an invite that lets people into a group. Throws ApiError. */
  async createInvite(conversationId: ConversationId): Promise<string> {
    return this.api.createInvite(conversationId);
  }

  /** Throws ApiError. */
  async previewInvite(code: string): Promise<{ readonly title: string; readonly memberCount: number }> {
    return this.api.previewInvite(code);
  }

  /** Joins by the code of an invite. Throws ApiError. */
  async join(code: string): Promise<ConversationId> {
    const conversationId = await this.api.join(code);
    await this.library.discover(conversationId);
    return conversationId;
  }

  /** Leaves a group. Throws ApiError. */
  async leave(conversationId: ConversationId): Promise<void> {
    const me = myId(this.store.get());
    if (me !== null) {
      await this.api.removeMember(conversationId, me);
      this.library.outdate();
      this.store.dispatch({ type: "left", conversationId, seq: 0 });
    }
  }

  /** An id for something that must happen once. */
  newMessageId(): MessageId {
    const { id, clock } = uuid7(this.clock, Date.now(), crypto.getRandomValues(new Uint8Array(10)));
    this.clock = clock;
    return id as MessageId;
  }

  private accept(tokens: Tokens): void {
    this.session.keep(tokens);
    this.begin(tokens.userId);
  }

  private begin(userId: UserId): void {
    this.store.dispatch({ type: "signed_in", userId, outbox: loadOutbox(userId, Date.now()) });
    void this.notifier.resume();
    void this.library.list().then(() => {
      if (myId(this.store.get()) === userId) {
        this.link.handle({ type: "start" });
      }
    });
  }

  private end(notice: string | null): void {
    this.link.handle({ type: "stop" });
    this.library.close();
    this.drafts.close();
    void this.notifier.leave();
    this.store.dispatch({ type: "signed_out", notice });
  }

  private async userNamed(username: string): Promise<UserId> {
    const user = await this.api.findUser(username);
    if (user === null) {
      throw new ApiError("UNKNOWN_USER", `Nobody is called “${username}”.`);
    }
    this.store.dispatch({ type: "users_found", users: [user] });
    return user.userId;
  }

  private async create(kind: "direct" | "group", title: string, memberIds: readonly UserId[], key: MessageId): Promise<ConversationId> {
    const { conversationId } = await this.api.createConversation(kind, title, memberIds, key);
    await this.library.discover(conversationId);
    return conversationId;
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
