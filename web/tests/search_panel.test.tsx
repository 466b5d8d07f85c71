// @vitest-environment happy-dom
import { act, cleanup, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";

import type { Client } from "../src/app/client";
import { Store } from "../src/app/store";
import { initial, update } from "../src/core/state";
import type { FoundPage } from "../src/core/types";
import { ApiError } from "../src/net/errors";
import { ClientProvider } from "../src/ui/context";
import { PanelHistory, PanelsProvider, usePanelOf } from "../src/ui/panels";
import { SearchPanel } from "../src/ui/search/SearchPanel";
import { ANNA, changing, direct, ME, message, ROOM, summary } from "./make";
import { rendered } from "./rendered";

const user = userEvent.setup();

function Beside() {
  const shown = usePanelOf(ROOM);
  return shown === null ? null : <SearchPanel shown={shown} />;
}

function show(find: (asked: { words: string; pageToken: string }) => Promise<FoundPage>) {
  const store = new Store(update, initial);
  store.dispatch({ type: "signed_in", userId: ME, outbox: [] });
  store.dispatch({ type: "users_found", users: [{ userId: ME, username: "mia", displayName: "Mia" }, { userId: ANNA, username: "anna", displayName: "Anna" }] });
  store.dispatch({ type: "conversations_listed", summaries: [summary(direct, message(1), 1, 0)] });
  store.dispatch({ type: "opened", conversationId: ROOM });
  const panels = new PanelHistory();
  panels.open(ROOM, { kind: "search" });
  const search = { find: vi.fn(find) };
  const client = { store, search, directory: { know: vi.fn() }, openConversation: vi.fn(), loadBack: vi.fn(() => Promise.resolve(true)) };
  rendered(
    <ClientProvider client={client as unknown as Client}>
      <PanelsProvider value={panels}>
        <Beside />
      </PanelsProvider>
    </ClientProvider>,
  );
  return { ...client, panels, field: screen.getByRole("combobox") };
}

const PAGE: FoundPage = { items: [{ entry: message(1), highlights: [{ in: "text", index: 0, start: 0, end: 4 }], snippet: { start: 0, end: 6 } }], next: "", isIncomplete: false };

beforeAll(() => {
  vi.stubGlobal("IntersectionObserver", class {
    observe = () => undefined;
    disconnect = () => undefined;
  });
});
beforeEach(() => {
  localStorage.clear();
  history.replaceState(null, "");
});
afterEach(cleanup);

describe("the search beside a conversation", () => {
  it("finds in it what is written, marks it, and leads there", async () => {
    const { search, loadBack, field, store } = show(() => Promise.resolve(PAGE));
    await user.type(field, "text");
    await waitFor(() => { expect(screen.getByTestId("search-count").textContent).toBe("1 message"); });
    expect(search.find.mock.calls.map(([{ words }]) => words)).toEqual(["text in:room"]);
    expect(screen.getByTestId("message-link").querySelector("mark")?.textContent).toBe("text");
    await user.click(screen.getByTestId("message-link").querySelector("button") ?? field);
    expect(loadBack).toHaveBeenCalledWith(ROOM, 1);
    act(() => { store.dispatch({ type: "entry_came", entry: changing(2, { type: "deletion" }) }); });
    expect(screen.queryByTestId("message-link")).toBeNull();
  });

  it("looks everywhere if one wants, with the same words, and remembers them when they led somewhere", async () => {
    const { search, panels, field } = show(() => Promise.resolve(PAGE));
    await user.type(field, "text");
    await user.click(screen.getByRole("radio", { name: "Everywhere" }));
    await waitFor(() => { expect(search.find).toHaveBeenLastCalledWith(expect.objectContaining({ words: "text" })); });
    expect(panels.get()).toMatchObject({ conversationId: null, query: "text" });
    const before = search.find.mock.calls.length;
    await user.type(field, "{Enter}");
    await waitFor(() => { expect(search.find.mock.calls.length).toBe(before + 1); });
    await user.click(screen.getByRole("button", { name: "Clear" }));
    expect(screen.getByTestId("recent-search").textContent).toBe("text");
  });

  it("suggests what may stand behind an operator, by keyboard and by pointer", async () => {
    const { field } = show(() => Promise.resolve(PAGE));
    await user.click(screen.getByRole("button", { name: /From a person/ }));
    expect(screen.getAllByTestId("search-suggestion").map(({ textContent }) => textContent)).toEqual(["MMeme", "AAnna@anna"]);
    await user.keyboard("{ArrowDown}{Enter}");
    expect((field as HTMLInputElement).value).toBe("from:@anna ");
    await user.type(field, "-has:lin");
    await user.click(screen.getByTestId("search-suggestion"));
    expect((field as HTMLInputElement).value).toBe("from:@anna -has:link ");
    expect(screen.queryByTestId("search-suggestion")).toBeNull();
  });

  it("says that nothing was found, what can't be understood, and that something may be missing", async () => {
    const answers = [
      () => Promise.resolve({ ...PAGE, items: [] }),
      () => Promise.reject(new ApiError("INVALID_ARGUMENT", "has:video at 1 is none of has:file")),
      () => Promise.reject(new ApiError("UNAVAILABLE", "")),
      () => Promise.resolve({ ...PAGE, isIncomplete: true }),
    ];
    const { field } = show(() => answers.shift()?.() ?? Promise.resolve(PAGE));
    await user.type(field, "nothing");
    expect(await screen.findByRole("button", { name: "Look in all conversations" })).toBeDefined();
    await user.clear(field);
    await user.type(field, "has:video");
    expect((await screen.findByRole("alert")).textContent).toContain("is none of");
    await user.clear(field);
    await user.type(field, "text");
    await user.click(await screen.findByRole("button", { name: "Try again" }));
    expect(await screen.findByText(/something may be missing/)).toBeDefined();
    expect(screen.getByTestId("message-link")).toBeDefined();
  });
});

describe("a search in all conversations", () => {
  it("stays when another one is opened, where there is room for both, and is closed there without going back", () => {
    vi.stubGlobal("matchMedia", () => ({ matches: false }));
    const panels = new PanelHistory();
    panels.open(null, { kind: "search", query: "tea" });
    history.pushState(panels.carried(), "");
    panels.follow();
    expect(panels.get()).toMatchObject({ kind: "search", query: "tea" });
    const back = vi.spyOn(history, "back");
    panels.close();
    expect([panels.get(), back.mock.calls.length]).toEqual([null, 0]);
    panels.open(null, { kind: "search" });
    vi.stubGlobal("matchMedia", () => ({ matches: true }));
    expect(panels.carried()).toBeNull();
    panels.open(ROOM, { kind: "search" });
    vi.stubGlobal("matchMedia", () => ({ matches: false }));
    expect(panels.carried()).toBeNull();
  });
});
