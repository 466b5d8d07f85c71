import { describe, expect, it } from "vitest";

import { type Keyboard, keysOf, type Pressed, SHORTCUTS, type Shortcut, type ShortcutId, shortcutOf, shortcutsOf } from "../src/core/shortcuts";

const PC: Keyboard = { isApple: false, isWriting: false, hasSigns: true };
const NOTHING: Pressed = { key: "", code: "", altKey: false, ctrlKey: false, metaKey: false, shiftKey: false };

/** What a keyboard says when all that a shortcut asks for is pressed. */
function pressed({ key, isAlt = false, isCommand = false, isShift = false }: Shortcut, isApple: boolean): Pressed {
  const sign = key.startsWith("Key") ? { key: isApple && isAlt ? "˜" : "n", code: key } : { key, code: "" };
  return { ...sign, altKey: isAlt, ctrlKey: isCommand && !isApple, metaKey: isCommand && isApple, shiftKey: isShift };
}

describe.each(Object.entries(SHORTCUTS) as [ShortcutId, Shortcut][])("the shortcut %s", (id, shortcut) => {
  it.each([false, true])("is what its keys say, and nothing with one more (Apple: %s)", (isApple) => {
    const keyboard = { ...PC, isApple };
    const keys = pressed(shortcut, isApple);
    expect(shortcutOf(keys, shortcut.where, keyboard)).toBe(id);
    expect(shortcutOf({ ...keys, altKey: !keys.altKey }, shortcut.where, keyboard)).not.toBe(id);
    expect(shortcutOf({ ...keys, ctrlKey: !keys.ctrlKey }, shortcut.where, keyboard)).not.toBe(id);
    expect(shortcutOf({ ...keys, metaKey: !keys.metaKey }, shortcut.where, keyboard)).not.toBe(id);
    if (shortcut.isSign !== true) {
      expect(shortcutOf({ ...keys, shiftKey: !keys.shiftKey }, shortcut.where, keyboard)).not.toBe(id);
    }
  });

  it("is another's nowhere, and the sheet has it once", () => {
    const { where } = shortcut;
    const told = shortcutsOf(where).map((one) => keysOf(one, false).join(" "));
    expect(told.filter((keys) => keys === keysOf(shortcut, false).join(" "))).toHaveLength(1);
    const elsewhere = (["everywhere", "messages", "message"] as const).filter((place) => place !== where);
    expect(elsewhere.map((place) => shortcutOf(pressed(shortcut, false), place, PC))).toEqual([null, null]);
  });
});

describe("a sign by itself", () => {
  const question = { ...NOTHING, key: "?", code: "Slash" };

  it("is a shortcut, but while one writes, and for whoever has switched that off", () => {
    expect(shortcutOf(question, "everywhere", PC)).toBe("shortcuts");
    expect(shortcutOf(question, "everywhere", { ...PC, isWriting: true })).toBeNull();
    expect(shortcutOf(question, "everywhere", { ...PC, hasSigns: false })).toBeNull();
  });
});

it("what stands on the keys is what the keyboard has", () => {
  expect(keysOf(SHORTCUTS.settings, false)).toEqual(["Ctrl", ","]);
  expect(keysOf(SHORTCUTS.settings, true)).toEqual(["⌘", ","]);
  expect(keysOf(SHORTCUTS.newConversation, false)).toEqual(["Alt", "N"]);
  expect(keysOf(SHORTCUTS.nextConversation, true)).toEqual(["⌥", "↓"]);
  expect(keysOf(SHORTCUTS.reply, false)).toEqual(["R"]);
});
