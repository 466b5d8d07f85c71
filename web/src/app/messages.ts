/** What the user can do with messages that are there. Everything throws ApiError. */

import type { Change, ConversationId, Entry, MessageId, Page, Receipts, Slice, Wording } from "../core/types";
import type { MessagesApi, PageQuery } from "../net/messages";

/** Entries on either side of the one that is jumped to. */
const AROUND = 25;

export class Messages {
  constructor(
    private readonly api: MessagesApi,
    private readonly newId: () => MessageId,
  ) {}

  /** Changes a message. What becomes of it is heard by its entry, as what others do is. */
  async change(conversationId: ConversationId, seq: number, change: Change): Promise<void> {
    await this.api.change(conversationId, seq, change, this.newId());
  }

  /** Copies a message into another conversation, or the same. With the same id it is there once, however often it is tried. */
  async forward(from: ConversationId, seq: number, to: ConversationId, messageId: MessageId): Promise<void> {
    await this.api.forward(from, seq, to, messageId);
  }

  /** A message as it is now, also one that the user has hidden if that is asked for. */
  get(conversationId: ConversationId, seq: number, includeHidden = false): Promise<Entry> {
    return this.api.get(conversationId, seq, includeHidden);
  }

  /** What stands around the entry at `seq`, that one too, without putting it into the log. `hasMore`: whether there is something older. */
  async around(conversationId: ConversationId, seq: number): Promise<Page> {
    const [before, after] = await Promise.all([
      this.api.list(conversationId, { beforeSeq: seq + 1, pageSize: AROUND + 1 }),
      this.api.list(conversationId, { afterSeq: seq, pageSize: AROUND }),
    ]);
    return { entries: [...before.entries, ...after.entries], headSeq: after.headSeq, hasMore: before.hasMore };
  }

  /** The messages of a thread, without the one that started it. */
  listThread(conversationId: ConversationId, seq: number, page: PageQuery): Promise<Slice<Entry>> {
    return this.api.listThread(conversationId, seq, page);
  }

  /** What a message has said, from its first words to those of now. */
  listEdits(conversationId: ConversationId, seq: number, page: Omit<PageQuery, "afterSeq">): Promise<Slice<Wording>> {
    return this.api.listEdits(conversationId, seq, page);
  }

  /** The messages that are pinned, as they are now. */
  listPins(conversationId: ConversationId): Promise<readonly Entry[]> {
    return this.api.listPins(conversationId);
  }

  /** Whom a message has reached. */
  receipts(conversationId: ConversationId, seq: number): Promise<Receipts> {
    return this.api.receipts(conversationId, seq);
  }
}
