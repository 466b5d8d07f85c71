/** Every call as it goes over the wire: what is asked, held against the contract (openapi.json), and what is made of the answer. */

import { readFileSync } from "node:fs";

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { FileId } from "../src/core/types";
import { AdminApi } from "../src/net/admin";
import { Api } from "../src/net/api";
import { GroupsApi } from "../src/net/groups";
import { ModerationApi } from "../src/net/moderation";
import { SafetyApi } from "../src/net/safety";
import { SearchApi } from "../src/net/search";
import { BEN, id, ME, POLL, ROOM } from "./make";

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: { readonly content: { readonly "application/json": { readonly schema: Schema } } };
}

const contract = JSON.parse(readFileSync(new URL("../public/openapi.json", import.meta.url), "utf8")) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};

/** The operation that a request reaches. */
function operationOf(method: string, path: string): Operation | undefined {
  const found = Object.entries(contract.paths).filter(([template, operations]) => {
    const pattern = new RegExp(`^${template.replace(/\./g, "\\.").replace(/\{[^}]+\}/g, "[^/]+")}$`);
    return pattern.test(path) && method.toLowerCase() in operations;
  });
  // A path without a parameter in it is meant before one with.
  return found.sort(([a], [b]) => a.split("{").length - b.split("{").length)[0]?.[1][method.toLowerCase()];
}

/** What of a body the contract does not know, by its path in it. */
function strangers(value: unknown, schema: Schema | undefined, at: string): readonly string[] {
  const known = resolved(schema);
  if (Array.isArray(value)) {
    return value.flatMap((item) => strangers(item, known?.items, at));
  }
  if (typeof value !== "object" || value === null || known?.properties === undefined) {
    return [];
  }
  return Object.entries(value).flatMap(([name, inner]) => {
    const property = known.properties?.[name];
    return property === undefined ? [`${at}.${name}`] : strangers(inner, property, `${at}.${name}`);
  });
}

function resolved(schema: Schema | undefined): Schema | undefined {
  const ref = schema?.$ref ?? schema?.allOf?.[0]?.$ref;
  return ref === undefined ? schema : contract.components.schemas[ref.slice(ref.lastIndexOf("/") + 1)];
}

const AT = "2026-01-02T03:04:05Z";
const MS = Date.parse(AT);
const FILE = "file-1" as FileId;
const ONCE = id("01900000-0000-7000-8000-000000000001");
const ENTRY = { conversationId: ROOM, seq: "7", messageId: "m7", senderId: BEN, kind: "MESSAGE", body: { text: "hi" }, acceptedAt: AT };
const MESSAGE = { seq: 7, senderId: BEN, acceptedAt: MS, content: { kind: "message", said: { text: "hi" } } };
const USER = { userId: BEN, username: "ben", displayName: "Ben", bot: true };
const SHOWN = { userId: BEN, username: "ben", displayName: "Ben", isBot: true };
const SAID = { text: "?", replyTo: 3, thread: 2, mentions: [BEN], mentionsAll: true, poll: { ...POLL, closesAt: MS } };
const BODY = {
  text: "?",
  replyTo: "3",
  thread: "2",
  mentions: [BEN],
  mentionAll: true,
  poll: { options: POLL.options, closesAt: AT },
};

type Calls = ReturnType<typeof everyCall>;

/** The calls that there are from the beginning, and those that are loaded later. */
function everyCall() {
  const { account, calls, conversations, devices, files, messages, personal } = new Api(() => Promise.resolve("token"));
  return { account, admin: new AdminApi(calls), conversations, devices, files, groups: new GroupsApi(calls), messages, moderation: new ModerationApi(calls), personal, safety: new SafetyApi(calls), search: new SearchApi(calls) };
}

interface Case {
  readonly call: (api: Calls) => Promise<unknown>;
  readonly asks: string;
  readonly body?: unknown;
  readonly answer?: unknown;
  readonly gives?: unknown;
}

const base = `/v1/conversations/${ROOM}`;
const CASES: Readonly<Record<string, Case>> = {
  "messages: a page": {
    call: ({ messages }) => messages.list(ROOM, { afterSeq: 5, pageSize: 20 }),
    asks: `GET ${base}/messages?afterSeq=5&pageSize=20`,
    answer: { entries: [ENTRY], headSeq: "9", hasMore: true },
    gives: { entries: [MESSAGE], headSeq: 9, hasMore: true },
  },
  "messages: one that is hidden": {
    call: ({ messages }) => messages.get(ROOM, 7, true),
    asks: `GET ${base}/messages/7?includeHidden=true`,
    answer: { entry: ENTRY },
    gives: MESSAGE,
  },
  "messages: edit": {
    call: ({ messages }) => messages.change(ROOM, 7, { type: "edit", text: "new", mentions: [BEN] }, ONCE),
    asks: `PATCH ${base}/messages/7`,
    body: { messageId: ONCE, body: { text: "new", mentions: [BEN] } },
  },
  "messages: delete": { call: ({ messages }) => messages.change(ROOM, 7, { type: "deletion" }, ONCE), asks: `DELETE ${base}/messages/7?messageId=${ONCE}` },
  "messages: react": {
    call: ({ messages }) => messages.change(ROOM, 7, { type: "reaction", emoji: "👍", isRemoved: false }, ONCE),
    asks: `PUT ${base}/messages/7/reactions/%F0%9F%91%8D?messageId=${ONCE}`,
  },
  "messages: react no more": {
    call: ({ messages }) => messages.change(ROOM, 7, { type: "reaction", emoji: "👍", isRemoved: true }, ONCE),
    asks: `DELETE ${base}/messages/7/reactions/%F0%9F%91%8D?messageId=${ONCE}`,
  },
  "messages: vote": {
    call: ({ messages }) => messages.change(ROOM, 7, { type: "vote", options: [0, 2] }, ONCE),
    asks: `PUT ${base}/messages/7/vote`,
    body: { messageId: ONCE, options: [0, 2] },
  },
  "messages: pin": { call: ({ messages }) => messages.change(ROOM, 7, { type: "pin", isRemoved: false }, ONCE), asks: `PUT ${base}/messages/7/pin?messageId=${ONCE}` },
  "messages: unpin": { call: ({ messages }) => messages.change(ROOM, 7, { type: "pin", isRemoved: true }, ONCE), asks: `DELETE ${base}/messages/7/pin?messageId=${ONCE}` },
  "messages: close": { call: ({ messages }) => messages.change(ROOM, 7, { type: "closing" }, ONCE), asks: `PUT ${base}/messages/7/closing?messageId=${ONCE}` },
  "messages: forward": {
    call: ({ messages }) => messages.forward(ROOM, 7, ROOM, ONCE),
    asks: `POST ${base}/forward`,
    body: { fromConversationId: ROOM, seq: "7", messageId: ONCE },
  },
  "messages: a thread": {
    call: ({ messages }) => messages.listThread(ROOM, 7, { beforeSeq: 90, pageSize: 30 }),
    asks: `GET ${base}/messages/7/thread?beforeSeq=90&pageSize=30`,
    answer: { entries: [ENTRY], hasMore: true },
    gives: { items: [MESSAGE], hasMore: true },
  },
  "messages: what one has said": {
    call: ({ messages }) => messages.listEdits(ROOM, 7, { pageSize: 30 }),
    asks: `GET ${base}/messages/7/edits?pageSize=30`,
    answer: { wordings: [{ seq: "7", body: { text: "hi" }, acceptedAt: AT }], hasMore: false },
    gives: { items: [{ seq: 7, said: { text: "hi" }, at: MS }], hasMore: false },
  },
  "messages: pins": { call: ({ messages }) => messages.listPins(ROOM), asks: `GET ${base}/pins`, answer: { entries: [ENTRY] }, gives: [MESSAGE] },
  "messages: receipts": {
    call: ({ messages }) => messages.receipts(ROOM, 7),
    asks: `GET ${base}/messages/7/receipts`,
    answer: { readUserIds: [BEN], deliveredUserIds: [ME] },
    gives: { readBy: [BEN], deliveredTo: [ME] },
  },
  "conversations: all": {
    call: ({ conversations }) => conversations.list(),
    asks: "GET /v1/conversations",
    answer: {
      conversations: [
        {
          conversation: { conversationId: ROOM, kind: "CHANNEL", title: "News", avatarFileId: FILE, public: true, slowModeS: 30, messageTtlS: 60, memberPermissions: 3 },
          membership: { userId: ME, role: "READER", permissions: 1, joinedSeq: "4" },
          headSeq: "9",
          readSeq: "8",
          unreadCount: "1",
          mentionCount: 1,
          preferences: { notifications: "MENTIONS" },
        },
      ],
    },
    gives: [
      {
        conversation: { kind: "channel", title: "News", avatarFileId: FILE, isPublic: true, slowModeS: 30, messageTtlS: 60, memberPermissions: 3 },
        me: { userId: ME, role: "reader", permissions: 1, joinedSeq: 4 },
        headSeq: 9,
        readSeq: 8,
        unread: 1,
        mentions: 1,
        mine: { told: "mentions" },
      },
    ],
  },
  "conversations: one": {
    call: ({ conversations }) => conversations.get(ROOM),
    asks: `GET ${base}`,
    answer: { conversation: { conversation: { conversationId: ROOM, kind: "SELF" } } },
    gives: { conversation: { kind: "notes", avatarFileId: null } },
  },
  "groups: create": {
    call: ({ groups }) => groups.create("channel", "News", [BEN], ONCE),
    asks: "POST /v1/conversations",
    body: { kind: "CHANNEL", title: "News", memberIds: [BEN], messageId: ONCE },
    answer: { conversation: { conversationId: ROOM, kind: "CHANNEL" } },
    gives: { conversationId: ROOM, kind: "channel" },
  },
  "groups: set": {
    call: ({ groups }) => groups.set(ROOM, { title: "Tea", topic: "", avatarFileId: null, isPublic: false, slowModeS: 0, messageTtlS: 60, memberPermissions: 3 }),
    asks: `PATCH ${base}`,
    body: { title: "Tea", topic: "", avatarFileId: "", public: false, slowModeS: 0, messageTtlS: 60, memberPermissions: 3 },
  },
  "groups: set one thing": { call: ({ groups }) => groups.set(ROOM, { avatarFileId: FILE }), asks: `PATCH ${base}`, body: { avatarFileId: FILE } },
  "conversations: members": {
    call: ({ conversations }) => conversations.listMembers(ROOM),
    asks: `GET ${base}/members?pageToken=`,
    answer: { members: [{ userId: BEN, role: "ADMIN", permissions: 511, joinedSeq: "3" }], watermarks: [{ userId: BEN, conversationId: ROOM, readSeq: "5" }] },
    gives: {
      members: [{ userId: BEN, role: "admin", permissions: 511, joinedSeq: 3 }],
      watermarks: [{ userId: BEN, conversationId: ROOM, deliveredSeq: 0, readSeq: 5 }],
    },
  },
  "groups: add": { call: ({ groups }) => groups.addMember(ROOM, BEN), asks: `POST ${base}/members`, body: { userId: BEN } },
  "groups: add many": { call: ({ groups }) => groups.addMembers(ROOM, [BEN, ME], ONCE), asks: `POST ${base}/add-members`, body: { userIds: [BEN, ME], messageId: ONCE } },
  "groups: remove": { call: ({ groups }) => groups.removeMember(ROOM, BEN), asks: `DELETE ${base}/members/${BEN}` },
  "groups: role": { call: ({ groups }) => groups.setRole(ROOM, BEN, "admin"), asks: `PUT ${base}/members/${BEN}/role`, body: { role: "ADMIN" } },
  "groups: hand over": { call: ({ groups }) => groups.handOver(ROOM, BEN), asks: `PUT ${base}/owner`, body: { userId: BEN } },
  "groups: ban": { call: ({ groups }) => groups.ban(ROOM, BEN), asks: `PUT ${base}/bans/${BEN}`, body: {} },
  "groups: unban": { call: ({ groups }) => groups.unban(ROOM, BEN), asks: `DELETE ${base}/bans/${BEN}` },
  "groups: bans": {
    call: ({ groups }) => groups.listBans(ROOM),
    asks: `GET ${base}/bans`,
    answer: { bans: [{ userId: BEN, bannedBy: ME, bannedAt: AT }] },
    gives: [{ userId: BEN, bannedBy: ME, at: MS }],
  },
  "groups: invite": {
    call: ({ groups }) => groups.createInvite(ROOM, { lifetimeS: 60, maxUses: 2 }),
    asks: `POST ${base}/invites`,
    body: { lifetimeS: 60, maxUses: 2 },
    answer: { code: "abc" },
    gives: "abc",
  },
  "groups: invites": {
    call: ({ groups }) => groups.listInvites(ROOM),
    asks: `GET ${base}/invites`,
    answer: { invites: [{ inviteId: "i", createdBy: ME, createdAt: AT, expiresAt: AT, maxUses: 2, uses: 1 }] },
    gives: [{ inviteId: "i", createdBy: ME, createdAt: MS, expiresAt: MS, maxUses: 2, uses: 1 }],
  },
  "groups: withdraw": { call: ({ groups }) => groups.withdrawInvite(ROOM, "i"), asks: `DELETE ${base}/invites/i` },
  "groups: preview": {
    call: ({ groups }) => groups.previewInvite("abc"),
    asks: "POST /v1/join/preview",
    body: { code: "abc" },
    answer: { conversation: { conversationId: ROOM, kind: "GROUP", title: "Tea" }, memberCount: 3, joined: true },
    gives: { conversation: { title: "Tea" }, memberCount: 3, isJoined: true },
  },
  "groups: join": { call: ({ groups }) => groups.join("abc"), asks: "POST /v1/join", body: { code: "abc" }, answer: { conversationId: ROOM }, gives: ROOM },
  "groups: join what is public": { call: ({ groups }) => groups.joinPublic(ROOM), asks: `POST ${base}/join`, body: {} },
  "groups: the directory": {
    call: ({ groups }) => groups.listPublic("te", "next"),
    asks: "GET /v1/public-conversations?titlePrefix=te&pageToken=next",
    answer: { conversations: [{ conversationId: ROOM, kind: "GROUP", title: "Tea", topic: "green", avatarFileId: FILE }], nextPageToken: "more" },
    gives: { items: [{ conversationId: ROOM, kind: "group", title: "Tea", topic: "green", avatarFileId: FILE }], next: "more" },
  },
  "personal: prefer": {
    call: ({ personal }) => personal.prefer(ROOM, { mutedUntil: MS, isArchived: true, pinPosition: 2, told: "nothing" }, true),
    asks: `PATCH ${base}/preferences`,
    body: { mutedUntil: AT, archived: true, pinPosition: 2, notifications: "NOTHING", markedUnread: true },
  },
  "personal: hide": { call: ({ personal }) => personal.hide(ROOM, 7), asks: `PUT ${base}/messages/7/hidden` },
  "personal: star": { call: ({ personal }) => personal.star(ROOM, 7, true), asks: `PUT ${base}/messages/7/star` },
  "personal: unstar": { call: ({ personal }) => personal.star(ROOM, 7, false), asks: `DELETE ${base}/messages/7/star` },
  "personal: stars": {
    call: ({ personal }) => personal.listStars("next"),
    asks: "GET /v1/stars?pageSize=100&pageToken=next",
    answer: { entries: [ENTRY], nextPageToken: "more" },
    gives: { items: [MESSAGE], next: "more" },
  },
  "personal: drafts": {
    call: ({ personal }) => personal.listDrafts(),
    asks: "GET /v1/drafts",
    answer: { drafts: [{ conversationId: ROOM, draft: { text: "dear" } }, { conversationId: ROOM, draft: { text: "in a thread", thread: "3" } }] },
    gives: new Map([[ROOM, "dear"]]),
  },
  "personal: draft": { call: ({ personal }) => personal.keepDraft(ROOM, "dear"), asks: `PUT ${base}/draft`, body: { text: "dear" } },
  "personal: no draft": { call: ({ personal }) => personal.keepDraft(ROOM, ""), asks: `DELETE ${base}/draft` },
  "personal: send later": {
    call: ({ personal }) => personal.schedule(ROOM, ONCE, SAID, MS),
    asks: `POST ${base}/scheduled-messages`,
    body: { messageId: ONCE, body: BODY, deliverAt: "2026-01-02T03:04:05.000Z" },
  },
  "personal: what is sent later": {
    call: ({ personal }) => personal.listScheduled(),
    asks: "GET /v1/scheduled-messages",
    answer: { messages: [{ conversationId: ROOM, scheduled: { messageId: ONCE, deliverAt: AT, body: BODY } }] },
    gives: [{ messageId: ONCE, conversationId: ROOM, text: "?", said: SAID, at: MS }],
  },
  "personal: change it": {
    call: ({ personal }) => personal.reschedule(ONCE, { said: { text: "new" }, at: MS }),
    asks: `PATCH /v1/scheduled-messages/${ONCE}`,
    body: { body: { text: "new" }, deliverAt: "2026-01-02T03:04:05.000Z" },
  },
  "personal: take it back": { call: ({ personal }) => personal.cancelScheduled(ONCE), asks: `DELETE /v1/scheduled-messages/${ONCE}` },
  "personal: badge": { call: ({ personal }) => personal.badge(), asks: "GET /v1/badge", answer: { count: "12" }, gives: 12 },
  "account: find by name": { call: ({ account }) => account.findUser("ben"), asks: "GET /v1/users?username=ben", answer: { users: [USER] }, gives: SHOWN },
  "account: find by id": { call: ({ account }) => account.findUsers([BEN, ME]), asks: `GET /v1/users?userIds=${BEN}&userIds=${ME}`, answer: { users: [USER] }, gives: [SHOWN] },
  "account: sessions": {
    call: ({ account }) => account.listSessions(),
    asks: "GET /v1/sessions",
    answer: { sessions: [{ sessionId: "s", device: "phone", createdAt: AT, lastUsedAt: AT, isCurrent: true }] },
    gives: [{ sessionId: "s", device: "phone", createdAt: MS, lastUsedAt: MS, isCurrent: true }],
  },
  "account: end a session": { call: ({ account }) => account.endSession("s"), asks: "DELETE /v1/sessions/s" },
  "account: end the others": { call: ({ account }) => account.endOtherSessions(), asks: "POST /v1/sessions/end-others", body: {} },
  "account: password": {
    call: ({ account }) => account.changePassword("old secret", "new secret"),
    asks: "POST /v1/auth/password",
    body: { oldPassword: "old secret", newPassword: "new secret" },
  },
  "account: delete": { call: ({ account }) => account.deleteAccount("secret"), asks: "POST /v1/auth/delete-account", body: { password: "secret" } },
  "account: status": {
    call: ({ account }) => account.setStatus({ choice: "busy", text: "at sea", emoji: "⛵", endsAt: null }),
    asks: "PUT /v1/presence/status",
    body: { status: { availability: "BUSY", text: "at sea", emoji: "⛵" } },
  },
  "account: status for a while": {
    call: ({ account }) => account.setStatus({ choice: "online", text: "", emoji: "🍜", endsAt: MS }),
    asks: "PUT /v1/presence/status",
    body: { status: { availability: "ONLINE", emoji: "🍜", expiresAt: AT } },
  },
  "account: name": {
    call: ({ account }) => account.setProfile({ displayName: "Ben of the sea" }),
    asks: "PATCH /v1/account/profile",
    body: { displayName: "Ben of the sea" },
    answer: { user: { ...USER, avatarFileId: FILE } },
    gives: { ...SHOWN, avatarFileId: FILE },
  },
  "account: picture": { call: ({ account }) => account.setProfile({ avatarFileId: FILE }), asks: "PATCH /v1/account/profile", body: { avatarFileId: FILE }, answer: { user: USER }, gives: SHOWN },
  "account: no picture": { call: ({ account }) => account.setProfile({ avatarFileId: null }), asks: "PATCH /v1/account/profile", body: { avatarFileId: "" }, answer: { user: USER }, gives: SHOWN },
  "account: privacy": {
    call: ({ account }) => account.privacy(),
    asks: "GET /v1/account/privacy",
    answer: { privacy: { presence: "DIRECT", receipts: true } },
    gives: { presence: "direct", receipts: true },
  },
  "account: set privacy": {
    call: ({ account }) => account.setPrivacy({ presence: "nobody", receipts: false }),
    asks: "PATCH /v1/account/privacy",
    body: { presence: "NOBODY", receipts: false },
  },
  "account: quiet hours": {
    call: ({ account }) => account.quietHours(),
    asks: "GET /v1/account/quiet-hours",
    answer: { quietHours: { beginsMinute: 1320, endsMinute: 420, timeZone: "Europe/Berlin" } },
    gives: { beginsMinute: 1320, endsMinute: 420, timeZone: "Europe/Berlin" },
  },
  "account: no quiet hours": { call: ({ account }) => account.quietHours(), asks: "GET /v1/account/quiet-hours", answer: {}, gives: null },
  "account: set quiet hours": {
    call: ({ account }) => account.setQuietHours({ beginsMinute: 1320, endsMinute: 420, timeZone: "Europe/Berlin" }),
    asks: "PUT /v1/account/quiet-hours",
    body: { quietHours: { beginsMinute: 1320, endsMinute: 420, timeZone: "Europe/Berlin" } },
  },
  "account: end quiet hours": { call: ({ account }) => account.setQuietHours(null), asks: "PUT /v1/account/quiet-hours", body: {} },
  "devices: key": { call: ({ devices }) => devices.pushKey(), asks: "GET /v1/push-key", answer: { publicKey: "k" }, gives: "k" },
  "devices: register": {
    call: ({ devices }) => devices.register({ endpoint: "https://push", p256dh: "p", auth: "a" }, true),
    asks: "PUT /v1/push-subscriptions",
    body: { endpoint: "https://push", keys: { p256dh: "p", auth: "a" }, showsText: true },
    answer: { subscription: { subscriptionId: "d" } },
    gives: "d",
  },
  "devices: all": {
    call: ({ devices }) => devices.list(),
    asks: "GET /v1/push-subscriptions",
    answer: { subscriptions: [{ subscriptionId: "d", sessionId: "s", pushService: "https://push", showsText: true, createdAt: AT }] },
    gives: [{ subscriptionId: "d", sessionId: "s", pushService: "https://push", showsText: true, createdAt: MS }],
  },
  "devices: remove": { call: ({ devices }) => devices.remove("d"), asks: "DELETE /v1/push-subscriptions/d" },
  "files: one": {
    call: ({ files }) => files.get(FILE),
    asks: `GET /v1/files/${FILE}`,
    answer: { file: { fileId: FILE, name: "song.ogg", mediaType: "audio/ogg", size: "9", durationMs: "1500" } },
    gives: { fileId: FILE, name: "song.ogg", mediaType: "audio/ogg", size: 9, width: 0, height: 0, durationMs: 1_500 },
  },
  "files: address": { call: ({ files }) => files.url(FILE, "VARIANT_LARGE"), asks: `GET /v1/files/${FILE}/url?variant=VARIANT_LARGE`, answer: { url: "/f" }, gives: "/f" },
  "files: all": {
    call: ({ files }) => files.list(FILE),
    asks: `GET /v1/files?beforeFileId=${FILE}`,
    answer: { files: [{ fileId: FILE, size: "9" }], hasMore: true, usedBytes: "9", quotaBytes: "99" },
    gives: { files: [{ fileId: FILE, size: 9 }], hasMore: true, usedBytes: 9, quotaBytes: 99 },
  },
  "files: remove": { call: ({ files }) => files.remove(FILE), asks: `DELETE /v1/files/${FILE}` },
  "files: link preview": { call: ({ files }) => files.linkPreview("https://a.example"), asks: "GET /v1/link-previews?url=https%3A%2F%2Fa.example", answer: {}, gives: null },
  "admin: by id": {
    call: ({ admin }) => admin.getAccount({ userId: BEN }),
    asks: `GET /v1/admin/users?userId=${BEN}`,
    answer: { account: { user: USER, role: "ROLE_ADMIN", disabled: true, suspension: { endsAt: AT, reason: "Carpets." } } },
    gives: { user: SHOWN, isAdmin: true, isDisabled: true, suspension: { endsAt: MS, reason: "Carpets." } },
  },
  "admin: create": {
    call: ({ admin }) => admin.createUser({ username: "ben", password: "secret", displayName: "Ben", isAdmin: true }),
    asks: "POST /v1/admin/users",
    body: { username: "ben", password: "secret", displayName: "Ben", role: "ROLE_ADMIN" },
    answer: { account: { user: USER, role: "ROLE_USER" } },
    gives: { user: SHOWN, isAdmin: false, isDisabled: false, suspension: null },
  },
  "admin: role": { call: ({ admin }) => admin.setAdmin(BEN, false), asks: `POST /v1/admin/users/${BEN}/role`, body: { role: "ROLE_USER" } },
  "admin: disable": { call: ({ admin }) => admin.setDisabled(BEN, true), asks: `POST /v1/admin/users/${BEN}/disable`, body: {} },
  "admin: enable": { call: ({ admin }) => admin.setDisabled(BEN, false), asks: `POST /v1/admin/users/${BEN}/enable`, body: {} },
  "admin: password": { call: ({ admin }) => admin.resetPassword(BEN, "secret"), asks: `POST /v1/admin/users/${BEN}/password`, body: { password: "secret" } },
  "admin: delete": { call: ({ admin }) => admin.deleteUser(BEN), asks: `DELETE /v1/admin/users/${BEN}` },
  "moderation: reports": {
    call: ({ moderation }) => moderation.listReports("taken", "p"),
    asks: "GET /v1/admin/reports?state=TAKEN&pageToken=p",
    answer: {
      reports: [
        { reportId: "r", reporterId: ME, createdAt: AT, conversationId: ROOM, seq: "7", userId: BEN, category: "SELF_HARM", words: "!", entries: [ENTRY], state: "TAKEN", handledBy: "operator", handledAt: AT },
        { reportId: "s", reporterId: ME, userId: BEN, category: "LATER", state: "OPEN" },
      ],
      nextPageToken: "q",
    },
    gives: {
      items: [
        { reportId: "r", reporterId: ME, createdAt: MS, conversationId: ROOM, seq: 7, userId: BEN, category: "self_harm", words: "!", entries: [MESSAGE], state: "taken", handledBy: "operator", handledAt: MS, action: null },
        { reportId: "s", conversationId: null, seq: null, userId: BEN, category: "other", state: "open", handledBy: null },
      ],
      next: "q",
    },
  },
  "moderation: take": {
    call: ({ moderation }) => moderation.takeReport("r"),
    asks: "POST /v1/admin/reports/r/take",
    body: {},
    answer: { report: { reportId: "r", state: "TAKEN", handledBy: ME } },
    gives: { reportId: "r", state: "taken", handledBy: ME },
  },
  "moderation: resolve": {
    call: ({ moderation }) => moderation.resolveReport("r", { action: "suspend_user", note: "n", suspension: { endsAt: MS, reason: "Carpets." } }),
    asks: "POST /v1/admin/reports/r/resolve",
    body: { action: "SUSPEND_USER", note: "n", suspension: { endsAt: "2026-01-02T03:04:05.000Z", reason: "Carpets." } },
    answer: { report: { reportId: "r", state: "RESOLVED", action: "SUSPEND_USER", note: "n" } },
    gives: { state: "resolved", action: "suspend_user", note: "n" },
  },
  "moderation: suspend": {
    call: ({ moderation }) => moderation.suspend(BEN, { endsAt: MS, reason: "Carpets." }),
    asks: `POST /v1/admin/users/${BEN}/suspend`,
    body: { endsAt: "2026-01-02T03:04:05.000Z", reason: "Carpets." },
  },
  "moderation: lift a suspension": { call: ({ moderation }) => moderation.liftSuspension(BEN), asks: `POST /v1/admin/users/${BEN}/lift-suspension`, body: {} },
  "moderation: audit log": {
    call: ({ moderation }) => moderation.listAuditLog(BEN, "p"),
    asks: `GET /v1/admin/audit-log?subject=${BEN}&pageToken=p`,
    answer: { entries: [{ entryId: "e", calledAt: AT, callerId: "operator", method: "SuspendUser", subject: BEN, details: "{}", address: "", outcome: "OK" }], nextPageToken: "q" },
    gives: { items: [{ entryId: "e", calledAt: MS, callerId: "operator", method: "SuspendUser", subject: BEN, details: "{}", address: "", outcome: "OK" }], next: "q" },
  },
  "safety: block": { call: ({ safety }) => safety.block(BEN), asks: `PUT /v1/blocks/${BEN}` },
  "safety: unblock": { call: ({ safety }) => safety.unblock(BEN), asks: `DELETE /v1/blocks/${BEN}` },
  "safety: report a message": {
    call: ({ safety }) => safety.report({ conversationId: ROOM, seq: 7 }, "self_harm", "Look."),
    asks: "POST /v1/reports",
    body: { conversationId: ROOM, seq: 7, category: "SELF_HARM", words: "Look." },
  },
  "safety: report a user": { call: ({ safety }) => safety.report({ userId: BEN }, "spam", ""), asks: "POST /v1/reports", body: { userId: BEN, category: "SPAM", words: "" } },
  "search: a page": {
    call: ({ search }) => search.find({ words: "hi -no", pageToken: "", utcOffsetMinutes: -60 }),
    asks: "GET /v1/search?query=hi+-no&utcOffsetMinutes=-60",
    answer: {
      results: [
        { entry: ENTRY, highlights: [{ field: "TEXT", range: { end: 2 } }, { field: "ATTACHMENT_NAME", index: 1, range: { start: 3, end: 5 } }, { field: "LATER" }], snippet: { end: 2 } },
        { entry: ENTRY, highlights: [{ field: "POLL_OPTION", range: { start: 1, end: 2 } }] },
      ],
      nextPageToken: "p",
      incomplete: true,
    },
    gives: {
      items: [
        { entry: MESSAGE, highlights: [{ in: "text", index: 0, start: 0, end: 2 }, { in: "file", index: 1, start: 3, end: 5 }], snippet: { start: 0, end: 2 } },
        { entry: MESSAGE, highlights: [{ in: "option", index: 0, start: 1, end: 2 }], snippet: null },
      ],
      next: "p",
      isIncomplete: true,
    },
  },
  "search: the next page": {
    call: ({ search }) => search.find({ words: "hi", pageToken: "p", utcOffsetMinutes: 0 }),
    asks: "GET /v1/search?query=hi&utcOffsetMinutes=0&pageToken=p",
    answer: {},
    gives: { items: [], next: "", isIncomplete: false },
  },
  "admin: invite": {
    call: ({ admin }) => admin.createInvite(60),
    asks: "POST /v1/admin/invites",
    body: { lifetimeS: 60 },
    answer: { invite: { inviteId: "i", createdAt: AT, expiresAt: AT }, code: "abc" },
    gives: { invite: { inviteId: "i", createdBy: null, createdAt: MS, expiresAt: MS }, code: "abc" },
  },
  "admin: invites": { call: ({ admin }) => admin.listInvites(), asks: "GET /v1/admin/invites", answer: { invites: [{ inviteId: "i", createdBy: ME }] }, gives: [{ inviteId: "i", createdBy: ME }] },
  "admin: withdraw": { call: ({ admin }) => admin.withdrawInvite("i"), asks: "DELETE /v1/admin/invites/i" },
  "admin: bot": {
    call: ({ admin }) => admin.createBot("ben", "Ben"),
    asks: "POST /v1/admin/bots",
    body: { username: "ben", displayName: "Ben" },
    answer: { account: { user: USER } },
    gives: { user: SHOWN },
  },
  "admin: service token": {
    call: ({ admin }) => admin.createServiceToken(BEN, "ci"),
    asks: `POST /v1/admin/bots/${BEN}/tokens`,
    body: { name: "ci" },
    answer: { token: { tokenId: "t", name: "ci", createdBy: ME, createdAt: AT }, serviceToken: "shh" },
    gives: { token: { tokenId: "t", name: "ci", createdBy: ME, createdAt: MS, lastUsedAt: null }, secret: "shh" },
  },
  "admin: service tokens": {
    call: ({ admin }) => admin.listServiceTokens(BEN),
    asks: `GET /v1/admin/bots/${BEN}/tokens`,
    answer: { tokens: [{ tokenId: "t", lastUsedAt: AT }] },
    gives: [{ tokenId: "t", createdBy: null, lastUsedAt: MS }],
  },
  "admin: withdraw a service token": { call: ({ admin }) => admin.withdrawServiceToken(BEN, "t"), asks: `DELETE /v1/admin/bots/${BEN}/tokens/t` },
};

describe("the calls", () => {
  let asked: { method: string; path: string; body: unknown; authorization: string | undefined }[];
  let answer: unknown;

  beforeEach(() => {
    [asked, answer] = [[], {}];
    vi.stubGlobal("fetch", (path: string, { method, body, headers }: { method: string; body: string | null; headers: Record<string, string> }) => {
      asked.push({ method, path, body: body === null ? undefined : (JSON.parse(body) as unknown), authorization: headers["authorization"] });
      return Promise.resolve(Response.json(answer));
    });
  });

  afterEach(() => { vi.unstubAllGlobals(); });

  it.each(Object.entries(CASES))("%s", async (_, { call, asks, body, answer: told, gives }) => {
    answer = told ?? {};
    const given = await call(everyCall());
    const [request] = asked;
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([asks]);
    expect(request?.body).toEqual(body);
    expect(request?.authorization).toBe("Bearer token");
    if (gives === undefined) {
      expect(given).toBeUndefined();
    } else {
      expect({ given }).toMatchObject({ given: gives });
    }
    const url = new URL(request?.path ?? "", "http://server");
    const operation = operationOf(request?.method ?? "", url.pathname);
    expect(operation).toBeDefined();
    const parameters = operation?.parameters?.filter((parameter) => parameter.in === "query").map(({ name }) => name) ?? [];
    expect([...url.searchParams.keys()].filter((name) => !parameters.includes(name))).toEqual([]);
    expect(strangers(request?.body, operation?.requestBody?.content["application/json"].schema, "body")).toEqual([]);
    expect(request?.body === undefined).toBe(operation?.requestBody === undefined);
  });

  it("covers every call that there is", async () => {
    const api = everyCall();
    const topics = ["account", "admin", "conversations", "devices", "files", "groups", "messages", "moderation", "personal", "safety", "search"] as const;
    const seen = new Set<unknown>();
    for (const topic of topics) {
      const proto = Object.getPrototypeOf(api[topic]) as Record<string, unknown>;
      for (const name of Object.getOwnPropertyNames(proto).filter((one) => one !== "constructor")) {
        seen.add(`${topic}.${name}`);
        const real = proto[name] as (...parameters: unknown[]) => unknown;
        (api[topic] as unknown as Record<string, unknown>)[name] = (...parameters: unknown[]) => {
          seen.delete(`${topic}.${name}`);
          return real.apply(api[topic], parameters);
        };
      }
    }
    for (const { call, answer: told } of Object.values(CASES)) {
      answer = told ?? {};
      await call(api);
    }
    // What the launcher tells is in no contract: tests/trace.test.tsx. tests/pictures.test.ts has the next; tests/e2e both: they take a server of files.
    expect([...seen]).toEqual(["admin.trace", "files.picture", "files.upload"]);
  });
});

