/** The calls that tell which conversations there are, and who is in them. */

import type { ConversationId, Member, Summary, Watermark } from "../core/types";
import { GetConversationResponseSchema, ListConversationsResponseSchema, ListMembersResponseSchema } from "../gen/elastic_chat/history/v1/history_service_pb";
import { type Calls, pathOf, present, query } from "./calls";
import { memberFrom, summaryFrom, watermarkFrom } from "./wire";

export interface Members {
  readonly members: readonly Member[];
  readonly watermarks: readonly Watermark[];
}

export class ConversationsApi {
  constructor(private readonly calls: Calls) {}

  async list(): Promise<readonly Summary[]> {
    const { conversations } = await this.calls.ask(ListConversationsResponseSchema, "GET", "/v1/conversations");
    return conversations.map(summaryFrom).filter((summary) => summary !== null);
  }

  async get(conversationId: ConversationId): Promise<Summary> {
    const { conversation } = await this.calls.ask(GetConversationResponseSchema, "GET", pathOf(conversationId));
    return present(conversation === undefined ? null : summaryFrom(conversation));
  }

  async listMembers(conversationId: ConversationId): Promise<Members> {
    const members: Member[] = [];
    const watermarks: Watermark[] = [];
    let pageToken = "";
    do {
      const page = await this.calls.ask(ListMembersResponseSchema, "GET", `${pathOf(conversationId)}/members?${query({ pageToken })}`);
      members.push(...page.members.map(memberFrom));
      watermarks.push(...page.watermarks.map(watermarkFrom));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    return { members, watermarks };
  }
}
