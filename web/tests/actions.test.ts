import { describe, expect, it } from "vitest";

import { actionByKey, actionsOf, powersIn } from "../src/core/actions";
import { AS_SENT, type Shown } from "../src/core/fold";
import { PERMISSIONS } from "../src/core/permissions";
import { group, ME, member, POLL } from "./make";

const shown = (what: Partial<Shown> = {}): Shown => ({ ...AS_SENT, text: "x", isVague: false, ...what });
const NO_POWERS = { write: false, pin: false, moderate: false, select: false, thread: false };
const ALL_POWERS = { write: true, pin: true, moderate: true, select: true, thread: true };
const pressed = (key: string, more = {}) => ({ key, code: "", ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more });
const PC = { isApple: false, isWriting: false, hasSigns: true };

describe("what can be done with a message", () => {
  it("is nothing before it has its place in the log, and hardly anything once it is deleted", () => {
    expect(actionsOf({ seq: null, isOwn: true, shown: shown() }, ALL_POWERS)).toEqual([]);
    expect(actionsOf({ seq: 1, isOwn: true, shown: shown({ isDeleted: true }) }, NO_POWERS)).toEqual(["hide"]);
    expect(actionsOf({ seq: 1, isOwn: true, shown: shown({ isDeleted: true }) }, ALL_POWERS)).toEqual(["select", "hide"]);
  });

  it("depends on whose it is, what it says, and what one may do", () => {
    expect(actionsOf({ seq: 1, isOwn: false, shown: shown() }, NO_POWERS)).toEqual(["copy", "link", "forward", "star", "info", "hide", "report"]);
    expect(actionsOf({ seq: 1, isOwn: true, shown: shown() }, NO_POWERS)).not.toContain("report");
    expect(actionsOf({ seq: 1, isOwn: true, shown: shown() }, NO_POWERS)).toContain("delete");
    expect(actionsOf({ seq: 1, isOwn: false, shown: shown() }, ALL_POWERS)).toEqual(expect.arrayContaining(["pin", "delete"]));
    expect(actionsOf({ seq: 1, isOwn: false, shown: shown() }, ALL_POWERS)).toEqual(expect.arrayContaining(["reply", "thread"]));
    expect(actionsOf({ seq: 1, isOwn: false, shown: shown() }, ALL_POWERS)).not.toContain("edit");
    expect(actionsOf({ seq: 1, isOwn: true, shown: shown() }, ALL_POWERS)).toContain("edit");
    expect(actionsOf({ seq: 1, isOwn: true, shown: shown({ forwarded: { senderId: ME, at: 0 } }) }, ALL_POWERS)).not.toContain("edit");
    expect(actionsOf({ seq: 1, isOwn: false, shown: shown({ text: "" }) }, NO_POWERS)).not.toContain("copy");
    expect(actionsOf({ seq: 1, isOwn: false, shown: shown({ poll: POLL }) }, NO_POWERS)).not.toContain("forward");
  });

  it("is what the role gives", () => {
    expect(powersIn({ me: null, conversation: group })).toEqual({ ...NO_POWERS, select: true, thread: true });
    expect(powersIn({ me: member(ME, "admin", PERMISSIONS.pin), conversation: group })).toEqual({ ...NO_POWERS, pin: true, select: true, thread: true });
    expect(powersIn({ me: member(ME, "admin", PERMISSIONS.write + PERMISSIONS.pin + PERMISSIONS.moderate), conversation: group })).toEqual(ALL_POWERS);
  });

  it("has keys, which stand for nothing where it can't be done, or where they are the browser's", () => {
    const actions = actionsOf({ seq: 1, isOwn: true, shown: shown() }, NO_POWERS);
    expect(actionByKey(pressed("f"), actions, PC)).toBe("forward");
    expect(actionByKey(pressed("F"), actions, PC)).toBe("forward");
    expect(actionByKey(pressed("Delete"), actions, PC)).toBe("delete");
    expect(actionByKey(pressed("p"), actions, PC)).toBeNull();
    expect(actionByKey(pressed("x"), actions, PC)).toBeNull();
    expect(actionByKey(pressed("c", { ctrlKey: true }), actions, PC)).toBeNull();
    expect(actionByKey(pressed("c", { metaKey: true }), actions, PC)).toBeNull();
  });
});
