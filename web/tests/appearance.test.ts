// @vitest-environment happy-dom
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";

const { dataset } = document.documentElement;
const early = readFileSync(resolve("public/appearance.js"), "utf8");

/** What the page itself says of how it looks. */
const inPage = () => Object.fromEntries(Object.entries(dataset));

/** The page is opened again. */
async function open() {
  delete dataset["theme"];
  delete dataset["density"];
  delete dataset["text"];
  delete dataset["motion"];
  vi.resetModules();
  window.eval(early);
  return import("../src/ui/appearance");
}

beforeEach(() => { localStorage.clear(); });

describe("the appearance", () => {
  it("is the system's until somebody chooses", async () => {
    const { appearance } = await open();
    expect(appearance()).toEqual({ theme: "system", density: "comfortable", text: "usual", motion: "system" });
    expect(inPage()).toEqual({});
  });

  it("is so at once when it is chosen, and before anything is drawn the next time", async () => {
    const { choose } = await open();
    choose({ theme: "dark" });
    choose({ density: "compact", text: "large", motion: "reduced" });
    const chosen = { theme: "dark", density: "compact", text: "large", motion: "reduced" };
    expect(inPage()).toEqual(chosen);
    const { appearance } = await open();
    expect(inPage()).toEqual(chosen);
    expect(appearance()).toEqual(chosen);
  });

  it("goes back to the system's", async () => {
    const { choose } = await open();
    choose({ theme: "light" });
    choose({ theme: "system" });
    expect(inPage()).toEqual({});
  });

  it.each(["{", "null", '{"theme":"<b>","density":7,"text":"huge","motion":true}'])("takes %s in the storage for nothing", async (kept) => {
    localStorage.setItem("elastic-chat.appearance", kept);
    const { appearance } = await open();
    expect(appearance()).toEqual({ theme: "system", density: "comfortable", text: "usual", motion: "system" });
    expect(inPage()).toEqual({});
  });

  it("follows what another tab chooses", async () => {
    const { followAppearance } = await open();
    followAppearance();
    localStorage.setItem("elastic-chat.appearance", '{"theme":"dark"}');
    window.dispatchEvent(Object.assign(new Event("storage"), { key: "elastic-chat.appearance" }));
    expect(dataset["theme"]).toBe("dark");
  });
});
