import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";

import type { Client } from "../src/app/client";
import { Store } from "../src/app/store";
import { AS_SENT, type Shown } from "../src/core/fold";
import { initial, update } from "../src/core/state";
import type { MessageRow } from "../src/core/timeline";
import { ClientProvider } from "../src/ui/context";
import { WordsContext } from "../src/ui/words";
import { ENGLISH } from "./english";
import { Card } from "../src/ui/LinkCard";
import { Message } from "../src/ui/Message";
import { ANNA, BEN, photo, POLL, ROOM } from "./make";

function drawn(text: string, change: Partial<MessageRow> = {}, shown: Partial<Shown> = {}): string {
  const row: MessageRow = {
    type: "message",
    key: "m1",
    seq: 1,
    senderId: ANNA,
    isOwn: false,
    shown: { ...AS_SENT, text, isVague: false, ...shown },
    quote: null,
    at: 0,
    status: null,
    isGrowing: false,
    failure: null,
    startsGroup: true,
    endsGroup: true,
    ...change,
  };
  const never = () => new Promise(() => undefined);
  const client = { store: new Store(update, initial), fileUrl: never, linkPreview: never } as unknown as Client;
  return renderToStaticMarkup(
    <WordsContext value={ENGLISH}>
      <ClientProvider client={client}>
        <Message conversationId={ROOM} row={row} nameOf={(id) => (id === BEN ? "Ben" : "Anna")} powers={{ write: true, pin: true, moderate: false, select: true, thread: true }} onAct={() => undefined} isNamed />
      </ClientProvider>
    </WordsContext>,
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
    expect(drawn("x", {}, { isEdited: true })).toContain("edited");
    expect(drawn("", {}, { isDeleted: true })).toContain("This message was deleted");
    expect(drawn("x", {}, { reactions: [{ emoji: "👍", count: 2, isMine: true, userIds: [] }] })).toMatch(/aria-pressed="true"[^>]*>👍(<!-- -->)? (<!-- -->)?2</);
  });

  it("tells whom it answers, whose it is a copy of, that it is pinned, and that it is answered", () => {
    const of = { senderId: BEN, said: { text: "see\nthis" }, isDeleted: false };
    expect(drawn("x", { quote: { seq: 1, of, isThread: false } })).toMatch(/To Ben<.*>see this</);
    expect(drawn("x", { quote: { seq: 1, of: { ...of, isDeleted: true }, isThread: true } })).toMatch(/In the thread of Ben<.*>This message was deleted</);
    expect(drawn("x", { quote: { seq: 1, of: null, isThread: false } })).toContain("To an earlier message");
    expect(drawn("x", {}, { forwarded: { senderId: BEN, at: 0 } })).toMatch(/Forwarded from (<!-- -->)?Ben/);
    expect(drawn("x", {}, { isPinned: true })).toContain('aria-label="Pinned"');
    expect(drawn("x", {}, { replyCount: 3 })).toContain("3 replies");
  });

  it("is a poll, of which the options can be pressed until it is closed", () => {
    const votes = [{ option: 1, count: 2, isMine: true, userIds: [ANNA] }];
    const html = drawn("Drinks?", {}, { poll: POLL, votes, voterCount: 2 });
    expect(html.match(/data-testid="poll-option"/g)).toHaveLength(3);
    expect(html).toMatch(/aria-pressed="true"[^>]*>.*Coffee.*2 votes/);
    expect(html).not.toContain("Close poll");
    expect(drawn("Drinks?", { isOwn: true }, { poll: POLL })).toContain("Close poll");
    const over = [drawn("x", { isOwn: true }, { poll: POLL, isClosed: true }), drawn("x", { isOwn: true }, { poll: { ...POLL, closesAt: 1 } })];
    for (const closed of over) {
      expect(closed).toContain("Closed");
      expect(closed).not.toContain("Close poll");
      expect(closed.match(/disabled=""/g)).toHaveLength(3);
    }
  });

  it("grows while somebody makes it", () => {
    expect(drawn("Once upon", { seq: null, isGrowing: true })).toMatch(/data-status="growing".*aria-busy="true".*writing…/);
  });

  it("shows what a link leads to as text, whatever the page says", () => {
    const image = { url: "data:image/webp;base64,AAAA", width: 320, height: 200 };
    const preview = { title: "<script>x</script>", description: "<b>", siteName: "", image };
    const html = renderToStaticMarkup(<Card url="https://a.example/x" preview={preview} />);
    expect(html).toContain("&lt;script&gt;x&lt;/script&gt;");
    expect(html).toContain(`<img src="data:image/webp;base64,AAAA" width="320" height="200" alt=""/>`);
    expect(html).toContain("a.example");
    expect(html).not.toMatch(/<script|<b>|style=/);
  });

  it("needs no inline style", () => {
    expect(drawn("x")).not.toContain("style=");
  });

  it("names its state for those who don't see it", () => {
    expect(drawn("x", { isOwn: true, status: "seen" })).toContain(`aria-label="Seen"`);
  });

  it("shows images in their room, and gives everything else to be fetched", () => {
    const page = { ...photo, name: "<b>x.svg", mediaType: "image/svg+xml" };
    const html = drawn("", {}, { files: [photo, page] });
    expect(html).toContain(`alt="Photo.jpg" width="640" height="480"`);
    expect(html.match(/<img /g)).toHaveLength(1);
    expect(html).toContain("&lt;b&gt;x.svg");
    expect(html).toContain("123 kB");
    expect(html).not.toContain("message-text");
  });
});
