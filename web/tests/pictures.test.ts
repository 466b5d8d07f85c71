/** Pictures are fetched once, few at a time, and again only if they could not be had. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Pictures } from "../src/app/pictures";
import type { FileId } from "../src/core/types";
import { Api } from "../src/net/api";

const file = (n: number) => `file-${n}` as FileId;
const settled = () => new Promise((resolve) => { setTimeout(resolve); });

const revoked = vi.fn();
let made = 0;

beforeEach(() => {
  made = 0;
  vi.spyOn(URL, "createObjectURL").mockImplementation(() => `blob:${(made += 1)}`);
  vi.spyOn(URL, "revokeObjectURL").mockImplementation(revoked);
});
afterEach(() => {
  vi.restoreAllMocks();
  revoked.mockClear();
});

describe("pictures", () => {
  it("are fetched once", async () => {
    const fetch = vi.fn(() => Promise.resolve(new Blob()));
    const pictures = new Pictures(fetch);
    expect(await Promise.all([pictures.find(file(1)), pictures.find(file(1))])).toEqual(["blob:1", "blob:1"]);
    expect(await pictures.find(file(1))).toBe("blob:1");
    expect(fetch).toHaveBeenCalledExactlyOnceWith(file(1));
  });

  it("that can't be had are tried again when they are asked for", async () => {
    const fetch = vi.fn(() => Promise.resolve(new Blob())).mockRejectedValueOnce(new Error("away"));
    const pictures = new Pictures(fetch);
    expect(await pictures.find(file(1))).toBeNull();
    expect(await pictures.find(file(1))).toBe("blob:1");
  });

  it("come four at a time", async () => {
    const waiting: (() => void)[] = [];
    const fetch = vi.fn(() => new Promise<Blob>((resolve) => { waiting.push(() => { resolve(new Blob()); }); }));
    const pictures = new Pictures(fetch);
    const found = Promise.all([1, 2, 3, 4, 5, 6].map((n) => pictures.find(file(n))));
    await settled();
    expect(fetch).toHaveBeenCalledTimes(4);
    waiting.shift()?.();
    await settled();
    expect(fetch).toHaveBeenCalledTimes(5);
    while (waiting.length > 0) {
      waiting.shift()?.();
      await settled();
    }
    expect((await found).every((url) => url !== null)).toBe(true);
    void pictures.find(file(7));
    await settled();
    expect(fetch).toHaveBeenCalledTimes(7);
  });

  it("that nobody has asked for longest go first", async () => {
    const fetch = vi.fn(() => Promise.resolve(new Blob()));
    const pictures = new Pictures(fetch);
    const [first, second] = [await pictures.find(file(1)), await pictures.find(file(2))];
    await pictures.find(file(1));
    for (let n = 3; n <= 301; n += 1) {
      await pictures.find(file(n));
    }
    expect(revoked).toHaveBeenCalledExactlyOnceWith(second);
    expect(await pictures.find(file(1))).toBe(first);
  });
});

describe("the call for a picture", () => {
  it("asks for the small variant, with a new token if one is refused, and says what is wrong", async () => {
    const asked: string[] = [];
    const answers = [new Response("{}", { status: 401 }), new Response("image"), new Response("{}", { status: 404 })];
    vi.stubGlobal("fetch", (path: string, { headers }: { readonly headers: Readonly<Record<string, string>> }) => {
      asked.push(`${path} ${headers["authorization"] ?? ""}`);
      return Promise.resolve(answers.shift());
    });
    const { files } = new Api((isRefused) => Promise.resolve(isRefused ? "new" : "old"));
    expect(await (await files.picture(file(1))).text()).toBe("image");
    expect(asked).toEqual(["old", "new"].map((token) => `/v1/files/file-1/content?variant=small Bearer ${token}`));
    await expect(files.picture(file(1))).rejects.toThrow();
    vi.unstubAllGlobals();
  });
});
