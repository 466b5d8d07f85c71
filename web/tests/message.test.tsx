import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";

import type { Client } from "../src/app/client";
import type { MessageRow } from "../src/core/timeline";
import { ClientProvider } from "../src/ui/context";
import { Message } from "../src/ui/Message";
import { ANNA, photo, ROOM } from "./make";

function drawn(text: string, change: Partial<MessageRow> = {}): string {
  const row: MessageRow = {
    type: "message",
    key: "m1",
    seq: null,
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
  const client = { fileUrl: () => new Promise(() => undefined) } as unknown as Client;
  return renderToStaticMarkup(
    <ClientProvider client={client}>
      <Message row={row} senderName="Anna" isNamed conversationId={ROOM} />
    </ClientProvider>,
  );
}

describe("a message", () => {
  it("is text, whatever it looks like", () => {
    const html = drawn(`<img src=x onerror="alert(1)"><script>x</script>&amp;`);
    expect(html).not.toMatch(/<img|<script/);
    expect(html).toContain("&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&lt;script&gt;x&lt;/script&gt;&amp;amp;");
  });

  it("has links that can't reach back", () => {
    expect(drawn("see https://a.example/x")).toContain(
      `see <a href="https://a.example/x" title="https://a.example/x" target="_blank" rel="noopener noreferrer nofollow">https://a.example/x</a>`,
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

  it("shows images in their room, and gives everything else to be fetched", () => {
    const page = { ...photo, name: "<b>x.svg", mediaType: "image/svg+xml" };
    const html = drawn("", { files: [photo, page] });
    expect(html).toContain(`alt="Photo.jpg" width="640" height="480"`);
    expect(html.match(/<img /g)).toHaveLength(1);
    expect(html).toContain("&lt;b&gt;x.svg");
    expect(html).toContain("123 kB");
    expect(html).not.toContain("message-text");
  });
});
