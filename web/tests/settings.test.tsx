// @vitest-environment happy-dom
import { act, cleanup, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";

import type { Client } from "../src/app/client";
import { Store } from "../src/app/store";
import { initial, update } from "../src/core/state";
import type { LoginSession, Preferences } from "../src/core/types";
import { ClientProvider } from "../src/ui/context";
import { PasswordField } from "../src/ui/PasswordField";
import SettingsPage from "../src/ui/settings/SettingsPage";
import { Shortcuts } from "../src/ui/Shortcuts";
import { direct, ME, message, ROOM, summary } from "./make";
import { rendered } from "./rendered";

const user = userEvent.setup();
const PREFERENCES: Preferences = { status: { choice: "online", text: "", emoji: "", endsAt: null }, privacy: { presence: "shared", receipts: true }, blocks: [] };
const session = (sessionId: string, isCurrent: boolean): LoginSession => ({ sessionId, device: sessionId, createdAt: 1, lastUsedAt: 2, isCurrent });

/** A client whose server has three sessions of the user. */
function client() {
  const store = new Store(update, initial);
  store.dispatch({ type: "signed_in", userId: ME, outbox: [] });
  store.dispatch({ type: "users_found", users: [{ userId: ME, username: "mia", displayName: "Mia" }] });
  store.dispatch({ type: "conversations_listed", summaries: [summary(direct, message(1), 1, 0)] });
  store.dispatch({ type: "preferences_came", preferences: PREFERENCES });
  const sessions = new Set(["laptop", "phone", "tablet"]);
  const account = {
    listSessions: () => Promise.resolve([...sessions].map((name) => session(name, name === "laptop"))),
    endSession: vi.fn((name: string) => Promise.resolve(sessions.delete(name))),
    endOtherSessions: vi.fn(() => {
      [...sessions].slice(1).forEach((name) => sessions.delete(name));
      return Promise.resolve();
    }),
    beSeen: vi.fn((preferences: Preferences) => {
      store.dispatch({ type: "preferences_came", preferences });
      return Promise.resolve();
    }),
    remove: vi.fn(() => Promise.resolve()),
  };
  return { account, store, openConversation: vi.fn() };
}

function show(section: string) {
  const made = client();
  rendered(
    <ClientProvider client={made as unknown as Client}>
      <SettingsPage section={section} />
      <Shortcuts />
    </ClientProvider>,
  );
  return made;
}

beforeAll(() => {
  HTMLElement.prototype.showPopover = () => undefined;
});
beforeEach(() => {
  localStorage.clear();
  history.replaceState(null, "", "/settings");
});
afterEach(cleanup);

describe("the settings", () => {
  it("lead from section to section by the address, and back by Esc", async () => {
    show("profile");
    expect(document.activeElement).toBe(screen.getByRole("heading", { name: "Profile" }));
    await user.click(screen.getByRole("link", { name: "Privacy" }));
    expect(location.pathname).toBe("/settings/privacy");
    await user.keyboard("{Escape}");
    expect(location.pathname).toBe("/");
  });

  it("set a suggested status with an end, and clear it", async () => {
    const { account } = show("profile");
    const before = Date.now();
    await user.click(screen.getByRole("button", { name: "In a meeting" }));
    await user.click(screen.getByRole("button", { name: "Save" }));
    const { status } = account.beSeen.mock.lastCall?.[0] ?? PREFERENCES;
    expect(status).toMatchObject({ choice: "busy", text: "In a meeting", emoji: "📅" });
    expect(status.endsAt).toBeGreaterThanOrEqual(before + 3_600_000);
    await user.click(screen.getByRole("button", { name: "Clear the status" }));
    expect(account.beSeen.mock.lastCall?.[0].status).toEqual(PREFERENCES.status);
  });

  it("say to others at once what they may know", async () => {
    const { account } = show("privacy");
    await user.click(screen.getByRole("switch", { name: "Read receipts" }));
    expect(account.beSeen).toHaveBeenLastCalledWith({ ...PREFERENCES, privacy: { presence: "shared", receipts: false } });
  });

  it("end one session, and all others when one is sure", async () => {
    const { account } = show("sessions");
    const rows = () => screen.getAllByTestId("session");
    await waitFor(() => { expect(rows()).toHaveLength(3); });
    expect(within(rows()[0] ?? document.body).queryByRole("button")).toBeNull();
    await user.click(screen.getByRole("button", { name: /phone/ }));
    await waitFor(() => { expect(rows()).toHaveLength(2); });
    await user.click(screen.getByRole("button", { name: "End all other sessions" }));
    expect(account.endOtherSessions).not.toHaveBeenCalled();
    await user.click(screen.getByRole("button", { name: "End them all" }));
    await waitFor(() => { expect(rows()).toHaveLength(1); });
  });

  it("delete the account only when its name and the password were written", async () => {
    const { account } = show("account");
    await user.click(screen.getByRole("button", { name: "Delete the account…" }));
    const dialog = within(screen.getByRole("alertdialog"));
    const gone = dialog.getByRole("button", { name: "Delete for good" });
    await user.type(dialog.getByLabelText("Password"), "secret word");
    await user.type(dialog.getByLabelText("User name"), "mi");
    expect(gone).toHaveProperty("disabled", true);
    await user.type(dialog.getByLabelText("User name"), "a");
    await user.click(gone);
    expect(account.remove).toHaveBeenCalledWith("secret word");
  });
});

describe("the shortcuts", () => {
  it("open the sheet and the settings, and do nothing while one writes or has switched them off", async () => {
    show("keyboard");
    act(() => { screen.getByRole("switch").focus(); });
    await user.keyboard("?");
    expect(await screen.findByRole("dialog", { name: "Keyboard shortcuts" })).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Close" }));
    await user.click(screen.getByRole("switch", { name: "Shortcuts of a single key" }));
    await user.keyboard("?");
    expect(screen.queryByRole("dialog")).toBeNull();
  });

  it("go from conversation to conversation, also from the settings", async () => {
    const { openConversation } = show("profile");
    await user.keyboard("{Alt>}{ArrowDown}{/Alt}");
    expect(openConversation).toHaveBeenCalledWith(ROOM);
    expect(location.pathname).toBe(`/c/${ROOM}`);
  });
});

describe("a password", () => {
  it("can be looked at, and is told how good it is while it is chosen", async () => {
    const changed = vi.fn();
    rendered(<PasswordField label="Password" name="password" value="kestrel lamp orbit 49" onChange={changed} known={["mia"]} />);
    const field = screen.getByLabelText("Password");
    expect(field.getAttribute("type")).toBe("password");
    await user.click(screen.getByRole("button", { name: "Show the password" }));
    expect(field.getAttribute("type")).toBe("text");
    expect(document.getElementById(field.getAttribute("aria-describedby") ?? "")?.textContent).toBe("A good password.");
  });
});
