// @vitest-environment happy-dom
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";

const { dataset } = document.documentElement;
const early = readFileSync(resolve("public/appearance.js"), "utf8");

/** The page is opened again. */
async function open() {
  delete dataset["theme"];
  delete dataset["density"];
  vi.resetModules();
  window.eval(early);
  return import("../src/ui/appearance");
}

beforeEach(() => { localStorage.clear(); });

describe("the appearance", () => {
  it("is the system's until somebody chooses", async () => {
    const { appearance } = await open();
    expect(appearance()).toEqual({ theme: "system", density: "comfortable" });
    expect({ ...dataset }).toEqual({});
  });

  it("is so at once when it is chosen, and before anything is drawn the next time", async () => {
    const { choose } = await open();
    choose({ theme: "dark" });
    choose({ density: "compact" });
    expect({ ...dataset }).toEqual({ theme: "dark", density: "compact" });
    const { appearance } = await open();
    expect({ ...dataset }).toEqual({ theme: "dark", density: "compact" });
    expect(appearance()).toEqual({ theme: "dark", density: "compact" });
  });

  it("goes back to the system's", async () => {
    const { choose } = await open();
    choose({ theme: "light" });
    choose({ theme: "system" });
    expect({ ...dataset }).toEqual({});
  });

  it.each(["{", "null", '{"theme":"<b>","density":7}'])("takes %s in the storage for nothing", async (kept) => {
    localStorage.setItem("elastic-chat.appearance", kept);
    const { appearance } = await open();
    expect(appearance()).toEqual({ theme: "system", density: "comfortable" });
    expect({ ...dataset }).toEqual({});
  });

  it("follows what another tab chooses", async () => {
    const { followAppearance } = await open();
    followAppearance();
    localStorage.setItem("elastic-chat.appearance", '{"theme":"dark"}');
    window.dispatchEvent(Object.assign(new Event("storage"), { key: "elastic-chat.appearance" }));
    expect(dataset["theme"]).toBe("dark");
  });
});
