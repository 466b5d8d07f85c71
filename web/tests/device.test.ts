import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { deviceToken, keepDeviceToken } from "../src/net/device";
import { browser } from "./browser";

describe("what a browser shows at a login", () => {
  beforeEach(() => {
    browser();
  });

  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("is what the user's last login here gave, and nobody else's", () => {
    expect(deviceToken("anna")).toBe("");
    keepDeviceToken("anna", "first");
    keepDeviceToken("bob", "his");
    keepDeviceToken("anna", "second");
    expect(deviceToken("anna")).toBe("second");
    expect(deviceToken("bob")).toBe("his");
    expect(deviceToken("toString")).toBe("");
  });

  it("is kept for ten users", () => {
    for (let number = 0; number < 11; number += 1) {
      keepDeviceToken(`user-${number}`, "token");
    }
    expect(deviceToken("user-0")).toBe("");
    expect(deviceToken("user-1")).toBe("token");
    expect(deviceToken("user-10")).toBe("token");
  });

  it("is nothing if what is stored is damaged", () => {
    for (const text of ["{", "7", '[["anna", 7], ["bob"], null]']) {
      localStorage.setItem("elastic-chat.devices", text);
      expect(deviceToken("anna")).toBe("");
    }
  });
});
