// An example client: two people register, connect, chat and read back what was said.
//
// It exits with 0 only if all of it was as it should be. Its argument is the address of the edge, localhost:8080 unless given.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import { type CallOptions, Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { v7 as uuidv7 } from "uuid";

import { AccountsService, type RegisterResponse } from "../gen/elastic_chat/accounts/v1/accounts_service_pb.js";
import { GatewayService } from "../gen/elastic_chat/gateway/v1/gateway_service_pb.js";
import { HistoryService } from "../gen/elastic_chat/history/v1/history_service_pb.js";
import { RouterService } from "../gen/elastic_chat/router/v1/router_service_pb.js";
import { Conversation_Kind } from "../gen/elastic_chat/types/v1/conversation_pb.js";
import { Entry_Kind } from "../gen/elastic_chat/types/v1/entry_pb.js";
import { ErrorInfoSchema } from "../gen/google/rpc/error_details_pb.js";
import { Connection } from "./connection.ts";

const TEXTS = ["Hello Bob", "It is Anna", "Are you there?"];

const signal = AbortSignal.timeout(30_000);
const edge = createGrpcTransport({ baseUrl: `http://${process.argv[2] ?? "localhost:8080"}` });
const accounts = createClient(AccountsService, edge);
const gateway = createClient(GatewayService, edge);
const history = createClient(HistoryService, edge);
const router = createClient(RouterService, edge);

const anna = await register("anna");
const bob = await register("bob");
const { conversation } = await router.createConversation({ kind: Conversation_Kind.DIRECT, memberIds: [bob.userId] }, as(anna));
assert(conversation);
await talk(conversation.conversationId);
await readBack(conversation.conversationId);
await beRefused();
console.log("TypeScript: registered, connected, sent, received and read back");

function register(name: string): Promise<RegisterResponse> {
  return accounts.register({ username: `${name}-${randomUUID().slice(0, 12)}`, password: randomUUID() }, { signal });
}

/** The options of a call that a user makes. */
function as(user: RegisterResponse): CallOptions {
  return { headers: { authorization: `Bearer ${user.accessToken}` }, signal };
}

/** Let Anna say everything twice, as if each first answer had been lost, and Bob hear it once and in order. */
async function talk(conversationId: string): Promise<void> {
  const speaker = await Connection.open(gateway, anna.accessToken, signal);
  const listener = await Connection.open(gateway, bob.accessToken, signal);
  for (const text of TEXTS) {
    const messageId = uuidv7();
    const seqs: bigint[] = [];
    for (let times = 0; times < 2; times++) {
      await speaker.say(conversationId, messageId, text);
      seqs.push((await speaker.next("ack")).seq);
    }
    const entry = await listener.next("entry");
    assert.equal(entry.body?.text, text);
    assert.equal(entry.senderId, anna.userId);
    assert.deepEqual(seqs, [entry.seq, entry.seq]);
  }
  speaker.close();
  listener.close();
}

/** Page from the newest entry to the oldest. */
async function readBack(conversationId: string): Promise<void> {
  const said: string[] = [];
  let beforeSeq = 0n;
  let hasMore = true;
  while (hasMore) {
    const page = await history.listMessages({ conversationId, beforeSeq, pageSize: 2 }, as(bob));
    said.unshift(...page.entries.filter(({ kind }) => kind === Entry_Kind.MESSAGE).map(({ body }) => body?.text ?? ""));
    beforeSeq = page.entries[0]?.seq ?? 0n;
    hasMore = page.hasMore;
  }
  assert.deepEqual(said, TEXTS);
}

/** Send to a conversation that does not exist, and look for the reason. */
async function beRefused(): Promise<void> {
  const send = router.sendMessage({ conversationId: randomUUID(), messageId: uuidv7(), body: { text: "Is anybody there?" } }, as(anna));
  await assert.rejects(send, (error) => {
    assert(error instanceof ConnectError);
    assert.equal(error.code, Code.NotFound);
    const [info] = error.findDetails(ErrorInfoSchema);
    assert.equal(info?.domain, "elastic-chat");
    assert.equal(info.reason, "UNKNOWN_CONVERSATION");
    return true;
  });
}
