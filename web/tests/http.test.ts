/** How a call is sent. */

import { afterEach, describe, expect, it, vi } from "vitest";

import { call } from "../src/net/http";

const fetched = vi.fn(() => Promise.resolve(Response.json({})));

afterEach(() => {
  vi.unstubAllGlobals();
  fetched.mockClear();
});

describe("a call", () => {
  it.each([
    ["PATCH", { isMuted: true }, true],
    ["DELETE", undefined, true],
    ["GET", undefined, false],
    ["POST", { text: "x".repeat(5_000) }, false],
  ])("%s outlives its page if it changes something and is short", async (method, body, outlives) => {
    vi.stubGlobal("fetch", fetched);
    await call(method, "/v1/something", body);
    expect(fetched).toHaveBeenCalledWith("/v1/something", expect.objectContaining({ method, keepalive: outlives }));
  });
});
