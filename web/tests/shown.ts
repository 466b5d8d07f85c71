/// <reference types="node" />
/**
 * What this client shows of a message, for tests that compare that with history: each line of the input is a question, each of the output
 * its answer. It is no test by itself.
 */

import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { createInterface } from "node:readline";

import { changesByTarget, folded } from "../src/core/fold";
import type { UserId } from "../src/core/types";
import { EntrySchema } from "../src/gen/elastic_chat/types/v1/entry_pb";
import { entryFrom } from "../src/net/wire";

interface Question {
  /** The user who looks. */
  readonly me: UserId;
  /** A message, and entries that come after it by rising seq. */
  readonly entries: readonly JsonValue[];
}

function answer({ me, entries }: Question): unknown {
  const [first, ...later] = entries.map((entry) => entryFrom(fromJson(EntrySchema, entry)));
  if (first?.content.kind !== "message") {
    throw new Error("The first entry is no message.");
  }
  return folded(first.content, changesByTarget(later).get(first.seq) ?? [], me);
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(answer(JSON.parse(line) as Question))}\n`);
}
