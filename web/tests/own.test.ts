/** What is one's own: how good a password is, how long a status lasts, and what role one has. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { LEAST, strengthOf } from "../src/core/password";
import { endOf, type Lasting } from "../src/core/status";
import { roleOf } from "../src/net/session";

describe("a password", () => {
  it.each([
    ["", "short"],
    ["Tr0ub4!", "short"],
    ["password1", "weak"],
    ["aaaaaaaaaaaaaaaaaaaa", "weak"],
    ["12345678901234567890", "weak"],
    ["qwerty123", "weak"],
    ["kestrel-lamp", "fair"],
    ["kestrel lamp orbit 49", "good"],
    ["正确的马电池订书钉", "fair"],
  ])("%j is %s", (password, strength) => {
    expect(strengthOf(password)).toBe(strength);
  });

  it("that is the user name is weak, whatever the name", () => {
    expect(strengthOf("wolkenschieber99")).not.toBe("weak");
    expect(strengthOf("wolkenschieber99", ["wolkenschieber"])).toBe("weak");
  });

  it("is never worse for being longer by another sign, and too short only by its length", () => {
    const order = ["short", "weak", "fair", "good"];
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("k", "Q", "7", "%"), maxLength: 30 }), (password) => {
        expect(strengthOf(password) === "short").toBe(Array.from(password).length < LEAST);
        expect(order.indexOf(strengthOf(`${password}é`))).toBeGreaterThanOrEqual(order.indexOf(strengthOf(password)));
      }),
    );
  });
});

describe("a status", () => {
  const friday = new Date(2026, 10, 27, 15, 30).getTime();
  const sunday = new Date(2026, 10, 29, 23, 59).getTime();

  it.each<[Lasting, number, Date | null]>([
    ["forever", friday, null],
    ["halfHour", friday, new Date(2026, 10, 27, 16, 0)],
    ["hour", friday, new Date(2026, 10, 27, 16, 30)],
    ["fourHours", friday, new Date(2026, 10, 27, 19, 30)],
    ["today", friday, new Date(2026, 10, 28)],
    ["week", friday, new Date(2026, 10, 30)],
    ["week", sunday, new Date(2026, 10, 30)],
    ["week", new Date(2026, 10, 30).getTime(), new Date(2026, 11, 7)],
  ])("%s from %s on ends when people say so", (lasting, now, end) => {
    expect(endOf(lasting, now)).toBe(end?.getTime() ?? null);
  });
});

describe("the role", () => {
  const token = (claims: unknown) => `x.${btoa(JSON.stringify(claims)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}.x`;

  it("is what the access token says, and unknown of what is none", () => {
    expect(roleOf(token({ sub: "~~~???", role: "admin" }))).toBe("admin");
    expect(roleOf(token({ role: "user" }))).toBe("user");
    expect([token({ role: 7 }), token(null), "", "a.b.c", "x.e30"].map(roleOf)).toEqual([null, null, null, null, null]);
  });
});
