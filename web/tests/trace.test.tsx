// @vitest-environment happy-dom
import { cleanup, screen, within } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";

import type { Client } from "../src/app/client";
import { barsOf, isTrace, type Step, type Trace as Traced } from "../src/core/trace";
import type { MessageId } from "../src/core/types";
import { AdminApi } from "../src/net/admin";
import { Calls } from "../src/net/calls";
import { ClientProvider } from "../src/ui/context";
import Trace from "../src/ui/Trace";
import { rendered } from "./rendered";

function step(name: string, depth: number, atMs: number, tookMs: number): Step {
  return { name, node: `${name}-1`, depth, atMs, tookMs };
}

const STEPS = [step("SendMessage", 0, 0, 4), step("sequence", 1, 1, 0.3), step("write", 1, 16, 4)];
const TRACE: Traced = { steps: STEPS, share: 0.01, collector: null };

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

describe("the bars of a trace", () => {
  it("are as long as their steps, beside each other as these were", () => {
    expect(barsOf(STEPS)).toEqual([{ from: 0, length: 0.2 }, { from: 0.05, length: 0.015 }, { from: 0.8, length: 0.2 }]);
  });

  it("can be seen, and stay within the whole, whatever clocks say", () => {
    const bars = barsOf([step("a", 0, 0, 0), step("b", 1, -5, 1), step("c", 1, 95, 0)]);
    expect(bars).toEqual([{ from: 0.05, length: 0.01 }, { from: 0, length: 0.01 }, { from: 0.99, length: 0.01 }]);
    expect(barsOf([step("a", 0, 0, 0)])).toEqual([{ from: 0, length: 1 }]);
  });
});

describe("an answer", () => {
  it.each([null, {}, { ...TRACE, steps: [{ name: "send" }] }, { ...TRACE, share: "1" }, { ...TRACE, collector: 1 }])("that is no trace is known as none: %j", (answer) => {
    expect(isTrace(answer)).toBe(false);
  });

  it("that is one is taken", () => {
    expect(isTrace(TRACE)).toBe(true);
    expect(isTrace({ steps: [], share: 0, collector: "http://jaeger" })).toBe(true);
  });
});

describe("the call", () => {
  const admin = new AdminApi(new Calls(() => Promise.resolve("token")));

  it("asks for the way of one message, and takes what is a trace", async () => {
    const asked = vi.fn<(path: string, request: RequestInit) => Promise<Response>>(() => Promise.resolve(Response.json(TRACE)));
    vi.stubGlobal("fetch", asked);
    await expect(admin.trace("m" as MessageId)).resolves.toEqual(TRACE);
    expect(asked.mock.calls[0]?.[0]).toBe("/v1/ops/traces/m");
    expect(asked.mock.calls[0]?.[1].headers).toMatchObject({ authorization: "Bearer token" });
  });

  it("takes nothing else", async () => {
    vi.stubGlobal("fetch", () => Promise.resolve(Response.json({ at: "now" })));
    await expect(admin.trace("m" as MessageId)).rejects.toMatchObject({ reason: "UNAVAILABLE" });
  });
});

describe("an administrator", () => {
  function shown(trace: Traced) {
    rendered(
      <ClientProvider client={{ admin: { trace: () => Promise.resolve(trace) } } as unknown as Client}>
        <Trace messageId={"m" as MessageId} />
      </ClientProvider>,
    );
  }

  it("reads each step with where, when and how long, as a table", async () => {
    shown(TRACE);
    const rows = within(await screen.findByRole("table")).getAllByRole("row");
    expect(rows.map((row) => [...row.querySelectorAll("th, td")].map(({ textContent }) => textContent))).toEqual([
      ["Step", "Start, ms", "Took, ms"],
      ["SendMessageSendMessage-1", "0.0", "4.0"],
      ["Given its placesequence-1", "1.0", "0.3"],
      ["Taken up by the writerwrite-1", "16.0", "4.0"],
    ]);
  });

  it.each([
    [{ ...TRACE, steps: [] }, "Of a hundred messages 1 is traced", true],
    [{ ...TRACE, steps: [], share: 1 }, "Of a hundred messages 100 are traced", false],
    [{ ...TRACE, steps: [], share: 0 }, "No message is traced", true],
    [{ ...TRACE, steps: [], collector: "http://jaeger:4317" }, "tells the collector at http://jaeger:4317", false],
  ])("is told of what was not traced why: %j", async (trace, why, isHowTo) => {
    shown(trace);
    await screen.findByText(/trac/, { selector: "p" });
    expect(screen.getByTestId("trace").textContent).toContain(why);
    expect(screen.queryByText("ELASTIC_CHAT_TRACE_SHARE=1") !== null).toBe(isHowTo);
  });
});
