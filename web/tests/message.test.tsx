import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";

import type { MessageRow } from "../src/core/timeline";
import { Message } from "../src/ui/Message";
import { ANNA } from "./make";

function drawn(text: string, change: Partial<MessageRow> = {}): string {
  const row: MessageRow = {
    type: "message",
    key: "m1",
    senderId: ANNA,
    isOwn: false,
    text,
    isEdited: false,
    isDeleted: false,
    reactions: [],
    at: 0,
    status: null,
    failure: null,
    startsGroup: true,
    endsGroup: true,
    ...change,
  };
  return renderToStaticMarkup(<Message row={row} senderName="Anna" isNamed />);
}

describe("a message", () => {
  it("is text, whatever it looks like", () => {
    const html = drawn(`<img src=x onerror="alert(1)"><script>x</script>&amp;`);
    expect(html).not.toMatch(/<img|<script/);
    expect(html).toContain("&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&lt;script&gt;x&lt;/script&gt;&amp;amp;");
  });

  it("has links that can't reach back", () => {
    expect(drawn("see https://a.example/x")).toContain(
      `see <a href="https://a.example/x" target="_blank" rel="noopener noreferrer nofollow">https://a.example/x</a>`,
    );
    expect(drawn("javascript:alert(1)")).not.toContain("<a ");
  });

  it("tells that it was edited, or deleted, and who reacts", () => {
    expect(drawn("x", { isEdited: true })).toContain("edited");
    const html = drawn("", { isDeleted: true, reactions: [{ emoji: "👍", count: 2, isMine: true, userIds: [] }] });
    expect(html).toContain("This message was deleted");
    expect(html).toContain("👍 2");
  });

  it("needs no inline style", () => {
    expect(drawn("x")).not.toContain("style=");
  });

  it("names its state for those who don't see it", () => {
    expect(drawn("x", { isOwn: true, status: "seen" })).toContain(`aria-label="Seen"`);
  });
});
