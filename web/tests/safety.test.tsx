// @vitest-environment happy-dom
import { cleanup, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";

import type { Client } from "../src/app/client";
import { Safety } from "../src/app/safety";
import { Store } from "../src/app/store";
import { blockedUsers } from "../src/core/select";
import { initial, update } from "../src/core/state";
import type { Listed, Report } from "../src/core/types";
import { ApiError } from "../src/net/errors";
import { AuditSection } from "../src/ui/admin/AuditSection";
import { actionsFor } from "../src/ui/admin/reports";
import { ReportsSection } from "../src/ui/admin/ReportsSection";
import { ClientProvider } from "../src/ui/context";
import { Folded, useUnfolding } from "../src/ui/Folded";
import { BlockedPeople } from "../src/ui/safety/BlockedPeople";
import { ReportDialog } from "../src/ui/safety/ReportDialog";
import { timeline, type MessageRow } from "../src/core/timeline";
import { ANNA, BEN, ME, message, ROOM } from "./make";
import { rendered } from "./rendered";

const user = userEvent.setup();
const PREFERENCES = { status: { choice: "online", text: "", emoji: "", endsAt: null }, privacy: { presence: "shared", receipts: true }, blocks: [] } as const;

function made() {
  const store = new Store(update, initial);
  store.dispatch({ type: "signed_in", userId: ME, outbox: [] });
  store.dispatch({ type: "users_found", users: [{ userId: BEN, username: "ben", displayName: "Ben" }, { userId: ANNA, username: "anna", displayName: "Anna" }] });
  store.dispatch({ type: "preferences_came", preferences: PREFERENCES });
  const done = () => Promise.resolve();
  const api = { block: vi.fn(done), unblock: vi.fn(done), report: vi.fn(done) };
  return { store, api, safety: new Safety(store, api as never) };
}

const report: Report = {
  reportId: "r",
  reporterId: ANNA,
  createdAt: 1_000,
  conversationId: ROOM,
  seq: 1,
  userId: BEN,
  category: "spam",
  words: "For the third time.",
  entries: [message(1, BEN, "Buy my carpets!")],
  state: "open",
  handledBy: null,
  handledAt: 0,
  action: null,
  note: "",
};

beforeAll(() => {
  HTMLDialogElement.prototype.showModal = function (this: HTMLDialogElement) { this.open = true; };
});
beforeEach(() => { vi.clearAllMocks(); });
afterEach(cleanup);

describe("a block", () => {
  it("is there as soon as the server has it, once, and gone when it is taken back", async () => {
    const { store, api, safety } = made();
    await safety.block(BEN);
    await safety.block(BEN);
    expect(store.get().preferences?.blocks.map(({ userId }) => userId)).toEqual([BEN]);
    expect(blockedUsers(store.get()).has(BEN)).toBe(true);
    expect(blockedUsers(store.get())).toBe(blockedUsers(store.get()));
    await safety.unblock(BEN);
    expect(blockedUsers(store.get()).size).toBe(0);
    expect(api.unblock).toHaveBeenCalledWith(BEN);
  });

  it("that is refused changes nothing", async () => {
    const { store, api, safety } = made();
    api.block.mockRejectedValueOnce(new ApiError("LIMIT_REACHED", ""));
    await expect(safety.block(BEN)).rejects.toThrow();
    expect(store.get().preferences).toBe(PREFERENCES);
  });
});

describe("those who are blocked", () => {
  it("are listed, the newest first, and can be let go", async () => {
    const { store, safety } = made();
    const unblock = vi.spyOn(safety, "unblock");
    rendered(
      <ClientProvider client={{ store, safety } as unknown as Client}>
        <BlockedPeople blocks={[{ userId: ANNA, at: 1 }, { userId: BEN, at: 2 }]} />
      </ClientProvider>,
    );
    expect(screen.getAllByRole("listitem").map(({ textContent }) => /Anna|Ben/.exec(textContent)?.[0])).toEqual(["Ben", "Anna"]);
    await user.click(screen.getByRole("button", { name: /Unblock .*Ben/ }));
    expect(unblock).toHaveBeenCalledWith(BEN);
  });

  it("have what they say folded until one asks for it", async () => {
    const rows = timeline({ entries: [message(1, BEN), message(2, ANNA)], pending: [], streams: [], me: ME, peer: null, newAfterSeq: null }).filter(
      (row): row is MessageRow => row.type === "message",
    );
    function List() {
      const { isFolded, show } = useUnfolding(new Set([BEN]));
      return rows.map((row) => (isFolded(row) ? <Folded key={row.key} row={row} onShow={show} /> : <p key={row.key}>{row.shown.text}</p>));
    }
    rendered(<List />);
    expect([screen.queryByText("text 1"), screen.queryByText("text 2")].map((one) => one !== null)).toEqual([false, true]);
    await user.click(screen.getByRole("button", { name: "Show" }));
    expect(screen.getByText("text 1")).toBeDefined();
  });
});

describe("the question why something is reported", () => {
  function ask(author: typeof BEN | null = BEN) {
    const { store, safety, api } = made();
    const onClose = vi.fn();
    rendered(
      <ClientProvider client={{ store, safety } as unknown as Client}>
        <ReportDialog what={{ conversationId: ROOM, seq: 7 }} author={author} onClose={onClose} />
      </ClientProvider>,
    );
    return { store, api, onClose, send: screen.getByRole("button", { name: "Send report" }) };
  }

  it("takes a reason, words where the reason says nothing, and blocks in the same step", async () => {
    const { store, api, onClose, send } = ask();
    expect(send.hasAttribute("disabled")).toBe(true);
    await user.click(screen.getByRole("radio", { name: /Something else/ }));
    expect(send.hasAttribute("disabled")).toBe(true);
    await user.type(screen.getByRole("textbox"), " Look. ");
    await user.click(screen.getByRole("switch", { name: /Block .*Ben/ }));
    await user.click(send);
    expect(api.report).toHaveBeenCalledWith({ conversationId: ROOM, seq: 7 }, "other", "Look.");
    await waitFor(() => { expect(onClose).toHaveBeenCalled(); });
    expect(blockedUsers(store.get()).has(BEN)).toBe(true);
  });

  it("stays when it is refused, and says that it was too much for today", async () => {
    const { api, onClose, send } = ask(null);
    expect(screen.queryByRole("switch")).toBeNull();
    api.report.mockRejectedValueOnce(new ApiError("RATE_LIMITED", ""));
    await user.click(screen.getByRole("radio", { name: /Spam/ }));
    await user.click(send);
    expect((await screen.findByRole("alert")).textContent).toContain("tomorrow");
    expect(onClose).not.toHaveBeenCalled();
  });
});

describe("what administrators see of reports", () => {
  function show(pages: readonly Listed<Report>[]) {
    const { store } = made();
    const waiting = [...pages];
    const moderation = {
      listReports: vi.fn(() => Promise.resolve(waiting.shift() ?? { items: [], next: "" })),
      takeReport: vi.fn(() => Promise.resolve(report)),
      resolveReport: vi.fn(() => Promise.resolve(report)),
      listAuditLog: vi.fn((_: string, pageToken: string) =>
        Promise.resolve({
          items: [{ entryId: `e${pageToken}`, calledAt: 1, callerId: "operator", method: "SuspendUser", subject: BEN, details: '{"reason":"Carpets."}', address: "", outcome: pageToken === "" ? "OK" : "" }],
          next: pageToken === "" ? "p" : "",
        }),
      ),
    };
    const directory = { know: vi.fn() };
    const client = { store, moderation, directory } as unknown as Client;
    return { client, moderation, directory };
  }

  it("is what was reported, page by page, with what stood around it", async () => {
    const { client, moderation, directory } = show([{ items: [report], next: "p" }, { items: [{ ...report, reportId: "s", seq: null, conversationId: null, entries: [] }], next: "" }]);
    rendered(<ClientProvider client={client}><ReportsSection /></ClientProvider>);
    expect(await screen.findByText("Buy my carpets!")).toBeDefined();
    expect(directory.know).toHaveBeenCalledWith([ANNA, BEN, BEN]);
    await user.click(screen.getByRole("button", { name: "Show more" }));
    await waitFor(() => { expect(screen.getAllByTestId("report")).toHaveLength(2); });
    expect(moderation.listReports.mock.calls).toEqual([["open", ""], ["open", "p"]]);
    expect(actionsFor(report)).toEqual(["dismiss", "delete_message", "remove_from_conversation", "suspend_user"]);
    expect(actionsFor({ seq: null, userId: BEN })).toEqual(["dismiss", "suspend_user"]);
    expect(actionsFor({ seq: null, userId: null })).toEqual(["dismiss"]);
  });

  it("is taken and resolved, with what the user is told", async () => {
    const { client, moderation } = show([{ items: [report], next: "" }, { items: [report], next: "" }]);
    rendered(<ClientProvider client={client}><ReportsSection /></ClientProvider>);
    await user.click(await screen.findByRole("button", { name: "Look into it" }));
    expect(moderation.takeReport).toHaveBeenCalledWith("r");
    await user.click(screen.getByRole("button", { name: "Suspend the user" }));
    const form = screen.getByTestId("resolve-form");
    await user.type(within(form).getByLabelText("Why"), "Carpets.");
    await user.type(within(form).getByLabelText("Note"), "third time");
    await user.click(within(form).getByRole("button", { name: "Suspend the user" }));
    await waitFor(() => { expect(moderation.resolveReport).toHaveBeenCalled(); });
    const [id, resolution] = moderation.resolveReport.mock.calls[0] as unknown as [string, { action: string; note: string; suspension: { endsAt: number; reason: string } }];
    expect([id, resolution.action, resolution.note, resolution.suspension.reason]).toEqual(["r", "suspend_user", "third time", "Carpets."]);
    expect(Math.round((resolution.suspension.endsAt - Date.now()) / 86_400_000)).toBe(7);
  });

  it("ends with the log of what was done, whose outcome may be unknown", async () => {
    const { client } = show([]);
    rendered(<ClientProvider client={client}><AuditSection /></ClientProvider>);
    expect((await screen.findByTestId("audit-entry")).textContent).toMatch(/SuspendUser.*Ben.*the operator/);
    await user.click(screen.getByRole("button", { name: "Show more" }));
    await waitFor(() => { expect(screen.getAllByTestId("audit-entry")).toHaveLength(2); });
    expect(screen.getByText("Unknown")).toBeDefined();
  });
});
