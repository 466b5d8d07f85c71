// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";

import { pinsAsOf } from "../src/core/pins";
import { PanelHistory } from "../src/ui/panels";
import { changing, message, ROOM } from "./make";

beforeEach(() => { history.replaceState(null, ""); });

describe("what stands beside the conversation", () => {
  it("is one step of the history, whatever takes its place", () => {
    const panels = new PanelHistory();
    const before = history.length;
    expect(panels.get()).toBeNull();
    panels.open(ROOM, { kind: "pins" });
    expect(panels.get()).toEqual({ kind: "pins", conversationId: ROOM });
    panels.open(ROOM, { kind: "pins" });
    expect(history.length).toBe(before + 1);
  });

  it("is closed by going back, and never leaves the conversation by that", () => {
    const panels = new PanelHistory();
    const back = vi.spyOn(history, "back").mockImplementation(() => { history.replaceState(null, ""); });
    panels.open(ROOM, { kind: "pins" });
    panels.close();
    panels.follow();
    expect(panels.get()).toBeNull();
    panels.close();
    expect(back).toHaveBeenCalledTimes(1);
  });

  it("is there again after a reload, and tells whoever shows it", () => {
    new PanelHistory().open(ROOM, { kind: "pins" });
    const panels = new PanelHistory();
    expect(panels.get()?.kind).toBe("pins");
    const heard = vi.fn();
    const stop = panels.subscribe(heard);
    history.replaceState(null, "");
    panels.follow();
    expect(heard).toHaveBeenCalledTimes(1);
    stop();
    panels.follow();
    expect(heard).toHaveBeenCalledTimes(1);
  });
});

describe("what is pinned", () => {
  it("may be another after somebody has pinned or deleted something, and not after anything else", () => {
    const entries = [message(1), changing(2, { type: "pin", isRemoved: false }), changing(3, { type: "edit", text: "x" })];
    expect(pinsAsOf([message(1)])).toBe(0);
    expect(pinsAsOf(entries)).toBe(2);
    expect(pinsAsOf([...entries, changing(4, { type: "deletion" })])).toBe(4);
  });
});
