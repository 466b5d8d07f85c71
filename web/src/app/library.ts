/** Gets the conversations of the user: the list of them, and of each what the screen shows. */

import { conversationRows } from "../core/select";
import { myId } from "../core/state";
import type { ConversationId } from "../core/types";
import type { Api } from "../net/api";
import type { Cursor } from "../net/frames";
import { Alarm } from "./alarm";
import type { CatchUp } from "./catch_up";
import type { Store } from "./store";

const PAGE_SIZE = 50;
/** On the way back to a message that is far away. */
const LONG_PAGE_SIZE = 100;
const RELIST_MS = 3_000;
/** A conversation that was just made may not be found at once everywhere. */
const DISCOVERY_PAUSES_MS = [0, 300, 1_000, 3_000];

export class Library {
  private readonly listAgain = new Alarm(() => {
    void this.list();
  });
  private readonly discovering = new Set<ConversationId>();
  /** Conversations whose members were asked for since the connection opened. */
  private readonly membersKnown = new Set<ConversationId>();
  private changes = 0;

  constructor(
    private readonly store: Store,
    private readonly api: Api,
    private readonly catchUp: CatchUp,
  ) {}

  /** Forgets what may have changed unheard while there was no connection. */
  expire(): void {
    this.membersKnown.clear();
    this.outdate();
  }

  /** The user has left a conversation: what is being asked for just now may still name it. */
  outdate(): void {
    this.changes += 1;
  }

  /** The session is over. */
  close(): void {
    this.listAgain.set(null);
    this.expire();
  }

  /** Lists the conversations, and tries again later if that fails. */
  async list(): Promise<void> {
    const me = myId(this.store.get());
    if (me === null) {
      return;
    }
    this.store.dispatch({ type: "listing_changed", listing: "loading" });
    try {
      const summaries = await this.current(() => this.api.conversations.list());
      if (myId(this.store.get()) === me) {
        this.store.dispatch({ type: "conversations_listed", summaries });
        await this.fetchNewer(summaries.map(({ conversation, headSeq }) => ({ conversationId: conversation.conversationId, seq: headSeq })));
      }
    } catch {
      if (myId(this.store.get()) === me) {
        this.store.dispatch({ type: "listing_changed", listing: "failed" });
        this.listAgain.set(Date.now() + RELIST_MS);
      }
    }
    this.prepare();
    await this.fill();
  }

  /** Fetches what the list shows of conversations in which the newest entry says nothing, as a reaction does: one after the other. */
  private async fill(): Promise<void> {
    for (const { chat, last } of conversationRows(this.store.get())) {
      if (last === null) {
        await this.loadOlder(chat.conversation.conversationId);
      }
    }
  }

  /** Fetches what is missing up to these places. */
  async fetchNewer(heads: readonly Cursor[]): Promise<void> {
    const { conversations } = this.store.get();
    const behind = heads.filter(({ conversationId, seq }) => (conversations.get(conversationId)?.log.tail ?? Infinity) < seq);
    await Promise.all(behind.map(({ conversationId }) => this.catchUp.now(conversationId)));
  }

  /** Sees to it that the open conversation has what the screen shows of it. */
  prepare(): void {
    const { opened, conversations } = this.store.get();
    const chat = opened === null ? undefined : conversations.get(opened.conversationId);
    if (opened === null || chat === undefined) {
      return;
    }
    const { conversationId } = opened;
    if (chat.log.entries.length < PAGE_SIZE) {
      void this.loadOlder(conversationId);
    }
    if (!this.membersKnown.has(conversationId)) {
      this.membersKnown.add(conversationId);
      this.loadMembers(conversationId).catch(() => this.membersKnown.delete(conversationId));
    }
  }

  async loadMembers(conversationId: ConversationId): Promise<void> {
    const { members, watermarks } = await this.api.conversations.listMembers(conversationId);
    this.store.dispatch({ type: "members_listed", conversationId, members, watermarks });
  }

  /** Fetches a page of what is older. */
  async loadOlder(conversationId: ConversationId, pageSize = PAGE_SIZE): Promise<void> {
    const chat = this.store.get().conversations.get(conversationId);
    if (chat === undefined || chat.log.complete || chat.older === "loading") {
      return;
    }
    const before = chat.log.first;
    this.store.dispatch({ type: "older_changed", conversationId, older: "loading" });
    try {
      const page = await this.api.messages.list(conversationId, { beforeSeq: before, pageSize });
      this.store.dispatch({ type: "older_came", conversationId, before, page });
    } catch {
      this.store.dispatch({ type: "older_changed", conversationId, older: "failed" });
    }
  }

  /** Fetches page after page of what is older until the entry at `seq` is loaded. Resolves to whether it is there now. */
  async loadBack(conversationId: ConversationId, seq: number): Promise<boolean> {
    for (;;) {
      const log = this.store.get().conversations.get(conversationId)?.log;
      if (log === undefined || seq >= log.first || log.complete) {
        return log?.entries.some((entry) => entry.seq === seq) === true;
      }
      await this.loadOlder(conversationId, LONG_PAGE_SIZE);
      const first = this.store.get().conversations.get(conversationId)?.log.first;
      if (first === log.first && !(await this.loadedMeanwhile(conversationId))) {
        return false;
      }
    }
  }

  /** Waits for a page that somebody else is fetching. Resolves to whether there was one, and it came. */
  private loadedMeanwhile(conversationId: ConversationId): Promise<boolean> {
    const older = () => this.store.get().conversations.get(conversationId)?.older;
    return new Promise((resolve) => {
      if (older() !== "loading") {
        resolve(false);
        return;
      }
      const stop = this.store.subscribe(() => {
        if (older() !== "loading") {
          stop();
          resolve(older() === "idle");
        }
      });
    });
  }

  /** Gets to know a conversation that the user is now in. */
  async discover(conversationId: ConversationId): Promise<void> {
    if (this.discovering.has(conversationId) || this.store.get().conversations.has(conversationId)) {
      return;
    }
    this.discovering.add(conversationId);
    try {
      for (const pauseMs of DISCOVERY_PAUSES_MS) {
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
        if (this.store.get().conversations.has(conversationId) || (await this.found(conversationId))) {
          break;
        }
      }
    } finally {
      this.discovering.delete(conversationId);
    }
    // What came live meanwhile had no place to go.
    await this.catchUp.now(conversationId);
    this.prepare();
  }

  private async found(conversationId: ConversationId): Promise<boolean> {
    try {
      const summary = await this.current(() => this.api.conversations.get(conversationId));
      this.store.dispatch({ type: "conversation_found", summary });
      return true;
    } catch {
      return false;
    }
  }

  /** Asks again as long as the answer may be older than what was heard while it came. */
  private async current<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      const { changes } = this;
      const answer = await ask();
      if (changes === this.changes) {
        return answer;
      }
    }
  }
}
