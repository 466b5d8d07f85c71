import { describe, expect, it } from "vitest";

import { completed, completionAt } from "../src/core/completing";

const at = (text: string) => {
  const caret = text.indexOf("|");
  const found = completionAt(text.replace("|", ""), caret);
  return found === null ? null : [found.kind, found.query, found.from, found.to];
};

describe("what can be completed", () => {
  it("is a name behind an @, from the sign to the caret", () => {
    expect(at("@|")).toEqual(["mention", "", 0, 1]);
    expect(at("Hello @an|na")).toEqual(["mention", "an", 6, 9]);
    expect(at("(@Zoë.b-1|")).toEqual(["mention", "Zoë.b-1", 1, 9]);
    expect(at("**@an|")).toEqual(["mention", "an", 2, 5]);
  });

  it("is no name within a word or an address, or two words", () => {
    expect(at("mail anna@ex|ample.org")).toBeNull();
    expect(at("@anna is|")).toBeNull();
    expect(at("@anna |")).toBeNull();
  });

  it("is an emoji behind a colon and two letters", () => {
    expect(at(":ta|")).toEqual(["emoji", "ta", 0, 3]);
    expect(at("so :+1|")).toEqual(["emoji", "+1", 3, 6]);
    expect(at("so :Lä|")).toEqual(["emoji", "Lä", 3, 6]);
    expect(at("note:|")).toBeNull();
    expect(at(":D|")).toBeNull();
    expect(at("10:30|")).toBeNull();
    expect(at("https://|")).toBeNull();
  });

  it("is nothing within code", () => {
    expect(at("`@an|")).toBeNull();
    expect(at("```\n@an|")).toBeNull();
    expect(at("`x` @an|")).toEqual(["mention", "an", 4, 7]);
    expect(at("```\nx\n``` @an|")?.[0]).toBe("mention");
    expect(at("a ` b\n@an|")?.[0]).toBe("mention");
  });

  it("is a command at the very beginning", () => {
    expect(at("/|")).toEqual(["command", "", 0, 1]);
    expect(at("/to|")).toEqual(["command", "to", 0, 3]);
    expect(at(" /to|")).toBeNull();
    expect(at("/topic Tea|")).toBeNull();
    expect(at("/usr/bi|")).toBeNull();
  });

  it("has a space behind it then, once", () => {
    expect(completed("@an", { kind: "mention", from: 0, to: 3, query: "an" }, "@anna")).toBe("@anna ");
    expect(completed("@an is", { kind: "mention", from: 0, to: 3, query: "an" }, "@anna")).toBe("@anna");
  });
});
