// @vitest-environment happy-dom
import { act, cleanup, screen } from "@testing-library/react";
import { Profiler, type ReactNode } from "react";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";

import type { Client } from "../src/app/client";
import { Store } from "../src/app/store";
import { initial, update } from "../src/core/state";
import { ClientProvider } from "../src/ui/context";
import type * as Listed from "../src/ui/MessageList";
import { ANNA, direct, ME, message, ROOM, summary } from "./make";
import { rendered } from "./rendered";

// What is drawn of a list depends on how tall a browser makes it: here all of it is.
vi.mock("virtua", () => ({
  Virtualizer: ({ data, children }: { readonly data: readonly unknown[]; readonly children: (row: unknown) => ReactNode }) => <ol>{data.map(children)}</ol>,
}));

const drawn = vi.fn();
vi.mock("../src/ui/MessageList", async (original) => {
  const { MessageList } = await original<typeof Listed>();
  return {
    MessageList: (props: Parameters<typeof MessageList>[0]) => (
      <Profiler id="list" onRender={drawn}>
        <MessageList {...props} />
      </Profiler>
    ),
  };
});

const { ConversationPane } = await import("../src/ui/ConversationPane");
// It is fetched while the messages are shown: here it is there already.
await import("../src/ui/Composer");

beforeAll(() => {
  vi.stubGlobal("ResizeObserver", class {
    observe = () => undefined;
    disconnect = () => undefined;
  });
});

afterEach(cleanup);

const NO_FILES: readonly unknown[] = [];

async function open() {
  const store = new Store(update, initial);
  store.dispatch({ type: "signed_in", userId: ME, outbox: [] });
  store.dispatch({ type: "conversations_listed", summaries: [summary(direct, message(1), 1, 0)] });
  store.dispatch({ type: "opened", conversationId: ROOM });
  const nothing = () => undefined;
  const messages = { listPins: () => Promise.resolve([]) };
  const uploads = { subscribe: () => nothing, at: () => NO_FILES };
  const client = { store, messages, files: { uploads }, read: nothing, loadOlder: nothing } as unknown as Client;
  const { container } = rendered(
    <ClientProvider client={client}>
      <ConversationPane conversationId={ROOM} handed={[]} onHanded={nothing} onClose={nothing} />
    </ClientProvider>,
  );
  await screen.findByTestId("composer-input");
  drawn.mockClear();
  return { store, container };
}

describe("the list of messages", () => {
  it("is not drawn anew by a key that is pressed, by who types, and by who comes and goes", async () => {
    const { store, container } = await open();
    act(() => { store.dispatch({ type: "drafted", conversationId: ROOM, text: "Hel" }); });
    expect(container.querySelector("textarea")?.value).toBe("Hel");
    act(() => { store.dispatch({ type: "typing_came", conversationId: ROOM, userId: ANNA, until: 9e12 }); });
    expect(container.querySelector("[data-testid=typing-line]")?.textContent).not.toBe("");
    act(() => { store.dispatch({ type: "presence_came", presence: [{ userId: ANNA, online: true, status: "online" } as never] }); });
    expect(container.querySelector("[data-testid=online-dot]")).not.toBeNull();
    expect(drawn).not.toHaveBeenCalled();
  });

  it("is by a message", async () => {
    const { store, container } = await open();
    act(() => { store.dispatch({ type: "entry_came", entry: message(2) }); });
    expect(drawn).toHaveBeenCalled();
    expect(container.textContent).toContain("text 2");
  });
});
