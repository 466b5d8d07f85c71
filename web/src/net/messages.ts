/** The calls about messages. */

import type { Change, ConversationId, Entry, MessageId, Page, Receipts, Slice, UserId, Wording } from "../core/types";
import {
  GetMessageResponseSchema,
  GetReceiptsResponseSchema,
  ListEditsResponseSchema,
  ListMessagesResponseSchema,
  ListPinsResponseSchema,
  ListThreadResponseSchema,
} from "../gen/elastic_chat/history/v1/history_service_pb";
import { BodySchema } from "../gen/elastic_chat/types/v1/entry_pb";
import { bodyOf, type Calls, messagePath, pathOf, present, query } from "./calls";
import { entryFrom, pageFrom, saidFrom, saidTo, timeFrom } from "./wire";

export interface PageQuery {
  readonly beforeSeq?: number;
  readonly afterSeq?: number;
  readonly pageSize: number;
}

export class MessagesApi {
  constructor(private readonly calls: Calls) {}

  async list(conversationId: ConversationId, page: PageQuery): Promise<Page> {
    return pageFrom(await this.calls.ask(ListMessagesResponseSchema, "GET", `${pathOf(conversationId)}/messages?${query({ ...page })}`));
  }

  /** A message as it is now; one that the user has hidden only if that is asked for. */
  async get(conversationId: ConversationId, seq: number, includeHidden = false): Promise<Entry> {
    const asked = includeHidden ? `?${query({ includeHidden })}` : "";
    const { entry } = await this.calls.ask(GetMessageResponseSchema, "GET", `${messagePath(conversationId, seq)}${asked}`);
    return entryFrom(present(entry));
  }

  /** Changes a message, once for each `messageId` however often it is tried. */
  async change(conversationId: ConversationId, seq: number, change: Change, messageId: MessageId): Promise<void> {
    const path = messagePath(conversationId, seq);
    const once = query({ messageId });
    switch (change.type) {
      case "edit":
        await this.calls.tell("PATCH", path, { messageId, body: bodyOf(BodySchema, saidTo(change)) });
        break;
      case "deletion":
        await this.calls.tell("DELETE", `${path}?${once}`);
        break;
      case "reaction":
        await this.calls.tell(change.isRemoved ? "DELETE" : "PUT", `${path}/reactions/${encodeURIComponent(change.emoji)}?${once}`);
        break;
      case "vote":
        await this.calls.tell("PUT", `${path}/vote`, { messageId, options: [...change.options] });
        break;
      case "pin":
        await this.calls.tell(change.isRemoved ? "DELETE" : "PUT", `${path}/pin?${once}`);
        break;
      case "closing":
        await this.calls.tell("PUT", `${path}/closing?${once}`);
        break;
    }
  }

  /** Copies a message into a conversation, once for each `messageId`. */
  async forward(from: ConversationId, seq: number, to: ConversationId, messageId: MessageId): Promise<void> {
    await this.calls.tell("POST", `${pathOf(to)}/forward`, { fromConversationId: from, seq: String(seq), messageId });
  }

  /** The messages of a thread, without the one that started it. */
  async listThread(conversationId: ConversationId, seq: number, page: PageQuery): Promise<Slice<Entry>> {
    const path = `${messagePath(conversationId, seq)}/thread?${query({ ...page })}`;
    const { entries, hasMore } = await this.calls.ask(ListThreadResponseSchema, "GET", path);
    return { items: entries.map(entryFrom), hasMore };
  }

  /** What a message has said, from its first words to those of now: backwards from `beforeSeq`. */
  async listEdits(conversationId: ConversationId, seq: number, page: Omit<PageQuery, "afterSeq">): Promise<Slice<Wording>> {
    const path = `${messagePath(conversationId, seq)}/edits?${query({ ...page })}`;
    const { wordings, hasMore } = await this.calls.ask(ListEditsResponseSchema, "GET", path);
    return { items: wordings.map(({ seq: at, body, acceptedAt }) => ({ seq: Number(at), said: saidFrom(body), at: timeFrom(acceptedAt) })), hasMore };
  }

  /** The messages that are pinned, as they are now, by rising seq: of more than 100 the newest. */
  async listPins(conversationId: ConversationId): Promise<readonly Entry[]> {
    const { entries } = await this.calls.ask(ListPinsResponseSchema, "GET", `${pathOf(conversationId)}/pins`);
    return entries.map(entryFrom);
  }

  async receipts(conversationId: ConversationId, seq: number): Promise<Receipts> {
    const { readUserIds, deliveredUserIds } = await this.calls.ask(GetReceiptsResponseSchema, "GET", `${messagePath(conversationId, seq)}/receipts`);
    return { readBy: readUserIds as UserId[], deliveredTo: deliveredUserIds as UserId[] };
  }
}
