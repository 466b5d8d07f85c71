/** What the user can do with conversations. Everything throws ApiError. */

import { myId } from "../core/state";
import type { Ban, ConversationId, ConversationKind, ConversationSettings, Invite, InvitePreview, Listed, MessageId, PublicConversation, Role, UserId } from "../core/types";
import type { Api } from "../net/api";
import { ApiError } from "../net/errors";
import type { GroupsApi, InviteOptions } from "../net/groups";
import type { Library } from "./library";
import type { Store } from "./store";

export class Groups {
  constructor(
    private readonly store: Store,
    private readonly api: GroupsApi,
    private readonly account: Api["account"],
    private readonly library: Pick<Library, "discover" | "loadMembers" | "outdate">,
    private readonly newId: () => MessageId,
  ) {}

  /** Starts a conversation with a user, or finds the one that is there. */
  async startDirect(username: string): Promise<ConversationId> {
    return this.made("direct", "", [await this.userNamed(username)], this.newId());
  }

  /** Creates a group or channel, once for each `key` (see `Client.newMessageId`) however often it is tried, and sets what else is given. */
  async create(kind: "group" | "channel", title: string, usernames: readonly string[], key: MessageId, settings: Partial<ConversationSettings> = {}): Promise<ConversationId> {
    const conversationId = await this.made(kind, title, await this.usersNamed(usernames), key);
    if (Object.keys(settings).length > 0) {
      await this.set(conversationId, settings);
    }
    return conversationId;
  }

  /** Looks for who has exactly this user name, and resolves to whether there is somebody. */
  async find(username: string): Promise<boolean> {
    const user = await this.account.findUser(username);
    if (user !== null) {
      this.store.dispatch({ type: "users_found", users: [user] });
    }
    return user !== null;
  }

  /** The user's notes to themselves, which are there once they are opened. */
  async openNotes(): Promise<ConversationId> {
    return this.made("notes", "", [], this.newId());
  }

  /** Sets what is given; the rest stays as it is. Everyone is told by an entry. */
  async set(conversationId: ConversationId, settings: Partial<ConversationSettings>): Promise<void> {
    await this.api.set(conversationId, settings);
  }

  async addMember(conversationId: ConversationId, username: string): Promise<void> {
    await this.api.addMember(conversationId, await this.userNamed(username));
    await this.library.loadMembers(conversationId);
  }

  /** Adds up to 500 at once. */
  async addMembers(conversationId: ConversationId, usernames: readonly string[]): Promise<void> {
    await this.api.addMembers(conversationId, await this.usersNamed(usernames), this.newId());
    await this.library.loadMembers(conversationId);
  }

  async removeMember(conversationId: ConversationId, userId: UserId): Promise<void> {
    await this.api.removeMember(conversationId, userId);
  }

  /** Leaves a group or channel. Its owner hands it over before. */
  async leave(conversationId: ConversationId): Promise<void> {
    const me = myId(this.store.get());
    if (me !== null) {
      await this.api.removeMember(conversationId, me);
      this.library.outdate();
      this.store.dispatch({ type: "left", conversationId, seq: 0 });
    }
  }

  async setRole(conversationId: ConversationId, userId: UserId, role: Exclude<Role, "owner">): Promise<void> {
    await this.api.setRole(conversationId, userId, role);
  }

  /** Makes somebody else the owner. */
  async handOver(conversationId: ConversationId, userId: UserId): Promise<void> {
    await this.api.handOver(conversationId, userId);
  }

  /** Takes somebody out, and lets them in no more. */
  async ban(conversationId: ConversationId, userId: UserId): Promise<void> {
    await this.api.ban(conversationId, userId);
  }

  async unban(conversationId: ConversationId, userId: UserId): Promise<void> {
    await this.api.unban(conversationId, userId);
  }

  /** Who is banned; their names are known then, too. */
  async listBans(conversationId: ConversationId): Promise<readonly Ban[]> {
    const bans = await this.api.listBans(conversationId);
    const { users } = this.store.get();
    const unnamed = [...new Set(bans.flatMap(({ userId, bannedBy }) => [userId, bannedBy]))].filter((userId) => !users.has(userId));
    if (unnamed.length > 0) {
      this.store.dispatch({ type: "users_found", users: await this.account.findUsers(unnamed) });
    }
    return bans;
  }

  /** Gives the code of an invite that lets people in: for a week and as often as one likes, if nothing else is said. */
  createInvite(conversationId: ConversationId, options: InviteOptions = {}): Promise<string> {
    return this.api.createInvite(conversationId, options);
  }

  /** The invites that still let somebody in. */
  listInvites(conversationId: ConversationId): Promise<readonly Invite[]> {
    return this.api.listInvites(conversationId);
  }

  async withdrawInvite(conversationId: ConversationId, inviteId: string): Promise<void> {
    await this.api.withdrawInvite(conversationId, inviteId);
  }

  previewInvite(code: string): Promise<InvitePreview> {
    return this.api.previewInvite(code);
  }

  /** Joins by the code of an invite. */
  async join(code: string): Promise<ConversationId> {
    const conversationId = await this.api.join(code);
    await this.library.discover(conversationId);
    return conversationId;
  }

  /** Joins what everyone may. */
  async joinPublic(conversationId: ConversationId): Promise<void> {
    await this.api.joinPublic(conversationId);
    await this.library.discover(conversationId);
  }

  /** What everyone may join, by how its title begins. `next` of a part is the `pageToken` of that after it. */
  listPublic(titlePrefix: string, pageToken = ""): Promise<Listed<PublicConversation>> {
    return this.api.listPublic(titlePrefix, pageToken);
  }

  private async made(kind: ConversationKind, title: string, memberIds: readonly UserId[], key: MessageId): Promise<ConversationId> {
    const { conversationId } = await this.api.create(kind, title, memberIds, key);
    await this.library.discover(conversationId);
    return conversationId;
  }

  private async usersNamed(usernames: readonly string[]): Promise<readonly UserId[]> {
    const userIds = new Set<UserId>();
    for (const username of usernames) {
      userIds.add(await this.userNamed(username));
    }
    return [...userIds];
  }

  private async userNamed(username: string): Promise<UserId> {
    const user = await this.account.findUser(username);
    if (user === null) {
      throw new ApiError("UNKNOWN_USER", `Nobody is called “${username}”.`);
    }
    this.store.dispatch({ type: "users_found", users: [user] });
    return user.userId;
  }
}
