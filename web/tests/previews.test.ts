import { describe, expect, it } from "vitest";

import { Previews } from "../src/app/previews";
import { firstLink } from "../src/core/markdown";
import type { LinkPreview } from "../src/core/types";
import { ApiError } from "../src/net/errors";

const found: LinkPreview = { title: "Title", description: "", siteName: "", image: null };

function previews(answers: Readonly<Record<string, LinkPreview | string>>) {
  const asked: string[] = [];
  const linkPreview = (url: string) => {
    asked.push(url);
    const answer = answers[url] ?? "NO_PREVIEW";
    return typeof answer === "string" ? Promise.reject(new ApiError(answer, "refused")) : Promise.resolve(answer);
  };
  return { asked, all: new Previews({ linkPreview }) };
}

describe("what links lead to", () => {
  it("is asked for once, whether there is something to show or not", async () => {
    const { asked, all } = previews({ a: found });
    expect([await all.find("a"), await all.find("a"), await all.find("b"), await all.find("b")]).toEqual([found, found, null, null]);
    expect(asked).toEqual(["a", "b"]);
  });

  it("is not asked for any more once the server says that it is off", async () => {
    const { asked, all } = previews({ a: "PREVIEWS_OFF" });
    expect([await all.find("a"), await all.find("b")]).toEqual([null, null]);
    expect(asked).toEqual(["a"]);
  });

  it("is asked for again if the server had too much to do", async () => {
    const { asked, all } = previews({ a: "OVERLOADED" });
    await all.find("a");
    await all.find("a");
    expect(asked).toEqual(["a", "a"]);
  });

  it("is remembered of so many only, those that were asked for last", async () => {
    const { asked, all } = previews({});
    for (let n = 0; n <= 200; n += 1) {
      await all.find(`${n}`);
      await all.find("0");
    }
    await all.find("1");
    expect(asked.filter((url) => url === "0")).toHaveLength(1);
    expect(asked.filter((url) => url === "1")).toHaveLength(2);
  });

  it("is shown of the first link of a text", () => {
    expect(firstLink("see (https://a.example/x), http://b.example")).toBe("https://a.example/x");
    expect(firstLink("> **[words](https://c.example)** and http://b.example")).toBe("https://c.example");
    expect(firstLink("nothing here, and `https://code.example` is none")).toBeNull();
  });
});
