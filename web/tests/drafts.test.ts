import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Drafts } from "../src/app/drafts";
import { Store } from "../src/app/store";
import { initial, update } from "../src/core/state";
import type { ConversationId } from "../src/core/types";
import { ApiError } from "../src/net/errors";
import { ROOM } from "./make";

const ELSEWHERE = "elsewhere" as ConversationId;

describe("what is written and not sent", () => {
  let kept: [ConversationId, string][];
  let listed: ReadonlyMap<ConversationId, string>;
  let fails: ApiError | null;
  let store: Store;
  let drafts: Drafts;
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
  const shown = () => Object.fromEntries(store.get().drafts);

  beforeEach(() => {
    vi.useFakeTimers();
    [kept, listed, fails] = [[], new Map(), null];
    store = new Store(update, initial);
    const api = {
      keepDraft: (conversationId: ConversationId, text: string) => {
        kept.push([conversationId, text]);
        return fails === null ? Promise.resolve() : Promise.reject(fails);
      },
      listDrafts: () => Promise.resolve(listed),
    };
    drafts = new Drafts(store, api);
  });

  afterEach(() => { vi.useRealTimers(); });

  it("is shown at once, and told to the server every three seconds at most", async () => {
    for (const text of ["d", "de", "dea", "dear"]) {
      drafts.write(ROOM, text);
      expect(shown()).toEqual({ [ROOM]: text });
      await pass(500);
    }
    expect(kept).toEqual([]);
    await pass(1_000);
    expect(kept).toEqual([[ROOM, "dear"]]);
    await pass(10_000);
    expect(kept.length).toBe(1);
    drafts.write(ROOM, "");
    await pass(3_000);
    expect(kept.slice(1)).toEqual([[ROOM, ""]]);
  });

  it("is gone when it is sent, at once if the server has it, and else without a word", async () => {
    drafts.write(ROOM, "dear");
    drafts.sent(ROOM);
    await pass(10_000);
    expect([kept, shown()]).toEqual([[], {}]);
    drafts.write(ROOM, "dear");
    await pass(3_000);
    drafts.sent(ROOM);
    await pass(0);
    expect([kept, shown()]).toEqual([[[ROOM, "dear"], [ROOM, ""]], {}]);
  });

  it("comes from other devices, but not over what is being written here", async () => {
    drafts.came(ROOM, "from elsewhere");
    expect(shown()).toEqual({ [ROOM]: "from elsewhere" });
    drafts.write(ROOM, "from here");
    drafts.came(ROOM, "an echo");
    expect(shown()).toEqual({ [ROOM]: "from here" });
    await pass(3_000);
    drafts.came(ROOM, "");
    expect(shown()).toEqual({});
  });

  it("is taken over as the server has it, and what that has no more is gone", async () => {
    drafts.came(ROOM, "old");
    listed = new Map([[ELSEWHERE, "new"]]);
    await drafts.load();
    expect(shown()).toEqual({ [ELSEWHERE]: "new" });
  });

  it("is told again if that may work later, and left alone if it never will", async () => {
    fails = new ApiError("SLOW_MODE", "too soon");
    drafts.write(ROOM, "dear");
    await pass(6_500);
    expect(kept.length).toBe(2);
    fails = new ApiError("LIMIT_REACHED", "too many");
    await pass(20_000);
    expect(kept.length).toBe(3);
    drafts.close();
  });
});
