// @vitest-environment happy-dom
import { cleanup, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";

import type { Client } from "../src/app/client";
import { Store } from "../src/app/store";
import { initial, update } from "../src/core/state";
import type { Account, AccountInvite, ServiceToken, UserId } from "../src/core/types";
import { ApiError } from "../src/net/errors";
import AdminPage from "../src/ui/admin/AdminPage";
import { ClientProvider } from "../src/ui/context";
import { BEN, ME } from "./make";
import { rendered } from "./rendered";

const user = userEvent.setup();
const account = (userId: UserId, username: string, displayName: string, isAdmin = false): Account => ({ user: { userId, username, displayName }, isAdmin, isDisabled: false, suspension: null });

/** A server whose administrator is the user, and where Ben has an account. */
function server(isAdmin: () => Promise<boolean>) {
  const accounts = new Map([["mia", account(ME, "mia", "Mia", true)], ["ben", account(BEN, "ben", "Ben")]]);
  const invites: AccountInvite[] = [];
  const tokens: ServiceToken[] = [];
  const changed = (userId: UserId, change: Partial<Account>) => {
    for (const [name, one] of accounts) {
      if (one.user.userId === userId) {
        accounts.set(name, { ...one, ...change });
      }
    }
    return Promise.resolve();
  };
  const added = (username: string, displayName: string, isAnAdmin: boolean) => {
    const made = account(`user-${username}` as UserId, username, displayName, isAnAdmin);
    accounts.set(username, made);
    return Promise.resolve(made);
  };
  const admin = {
    getAccount: ({ username }: { readonly username: string }) => {
      const found = accounts.get(username);
      return found === undefined ? Promise.reject(new ApiError("UNKNOWN_USER", username)) : Promise.resolve(found);
    },
    createUser: ({ username, displayName, isAdmin: isOne }: { readonly username: string; readonly displayName: string; readonly isAdmin: boolean }) => added(username, displayName, isOne),
    createBot: (username: string, displayName: string) => added(username, displayName, false),
    setAdmin: vi.fn((userId: UserId, isOne: boolean) => changed(userId, { isAdmin: isOne })),
    setDisabled: vi.fn((userId: UserId, isDisabled: boolean) => changed(userId, { isDisabled })),
    resetPassword: vi.fn(() => Promise.resolve()),
    deleteUser: vi.fn((userId: UserId) => Promise.resolve(userId)),
    listInvites: () => Promise.resolve([...invites]),
    createInvite: vi.fn(() => {
      invites.push({ inviteId: "first", createdBy: ME, createdAt: 1, expiresAt: 2 });
      return Promise.resolve({ invite: invites[0], code: "open-sesame" });
    }),
    withdrawInvite: () => Promise.resolve(void invites.pop()),
    listServiceTokens: () => Promise.resolve([...tokens]),
    createServiceToken: (_: UserId, name: string) => {
      tokens.push({ tokenId: "one", name, createdBy: ME, createdAt: 1, lastUsedAt: null });
      return Promise.resolve({ token: tokens[0], secret: "only-once" });
    },
    withdrawServiceToken: () => Promise.resolve(void tokens.pop()),
  };
  const store = new Store(update, initial);
  store.dispatch({ type: "signed_in", userId: ME, outbox: [] });
  store.dispatch({ type: "users_found", users: [{ userId: ME, username: "mia", displayName: "Mia" }] });
  return { store, admin, isAdmin };
}

function show(section: string, isAdmin: () => Promise<boolean> = () => Promise.resolve(true)) {
  const made = server(isAdmin);
  rendered(
    <ClientProvider client={made as unknown as Client}>
      <AdminPage section={section} />
    </ClientProvider>,
  );
  return made.admin;
}

async function find(username: string) {
  await user.type(await screen.findByRole("textbox", { name: "User name" }), `${username}{Enter}`);
}

beforeAll(() => {
  HTMLElement.prototype.showPopover = () => undefined;
});
afterEach(cleanup);

describe("the page of administrators", () => {
  it("lets nobody else in, and asks again where it could not be told", async () => {
    show("users", () => Promise.resolve(false));
    expect(await screen.findByText("Only administrators come in here.")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Make an account" })).toBeNull();
    cleanup();
    const asked = vi.fn(() => Promise.resolve(true)).mockRejectedValueOnce(new ApiError("UNAVAILABLE", "away"));
    show("users", asked);
    await user.click(await screen.findByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("button", { name: "Make an account" })).toBeTruthy();
  });

  it("finds somebody, disables them when that was confirmed, and enables them again", async () => {
    const { setDisabled } = show("users");
    await find("nobody");
    expect((await screen.findByRole("alert")).textContent).not.toBe("");
    await user.clear(screen.getByRole("textbox", { name: "User name" }));
    await find("Ben");
    const card = await screen.findByTestId("account");
    await user.click(within(card).getByRole("button", { name: "Disable" }));
    expect(setDisabled).not.toHaveBeenCalled();
    await user.click(within(await screen.findByRole("alertdialog", { name: /Disable.*Ben/ })).getByRole("button", { name: "Disable" }));
    await waitFor(() => { expect(screen.getByTestId("account").dataset["disabled"]).toBe("true"); });
    await user.click(screen.getByRole("button", { name: "Enable" }));
    await waitFor(() => { expect(screen.getByTestId("account").dataset["disabled"]).toBe("false"); });
    expect(setDisabled.mock.calls).toEqual([[BEN, true], [BEN, false]]);
  });

  it("deletes an account when that was confirmed", async () => {
    const { deleteUser } = show("users");
    await find("ben");
    await user.click(await screen.findByRole("button", { name: "Delete" }));
    expect(deleteUser).not.toHaveBeenCalled();
    await user.click(within(await screen.findByRole("alertdialog")).getByRole("button", { name: /Delete/ }));
    await waitFor(() => { expect(screen.queryByTestId("account")).toBeNull(); });
    expect(deleteUser).toHaveBeenCalledExactlyOnceWith(BEN);
  });

  it("lets nobody take away from themselves what they could not get back", async () => {
    show("users");
    await find("mia");
    const card = within(await screen.findByTestId("account"));
    expect(card.getByRole<HTMLButtonElement>("switch", { name: /Administrator/ }).disabled).toBe(true);
    expect(card.queryByRole("button", { name: "Disable" })).toBeNull();
    expect(card.queryByRole("button", { name: "Delete" })).toBeNull();
  });

  it("makes invites, tells their code once, and withdraws them", async () => {
    const { createInvite } = show("invites");
    await user.click(await screen.findByRole("button", { name: "Make an invite" }));
    expect((await screen.findByTestId("secret")).textContent).toBe("open-sesame");
    expect(createInvite).toHaveBeenCalledExactlyOnceWith(604_800);
    await user.click(await screen.findByRole("button", { name: /^Withdraw/ }));
    await waitFor(() => { expect(screen.queryByTestId("invite")).toBeNull(); });
  });

  it("makes bots and their tokens", async () => {
    show("bots");
    await user.type(await screen.findByRole("textbox", { name: "User name" }), "Weather");
    await user.click(screen.getByRole("button", { name: "Make a bot" }));
    await user.type(await screen.findByRole("textbox", { name: "What it is for" }), "forecast{Enter}");
    expect((await screen.findByTestId("secret")).textContent).toBe("only-once");
    expect((await screen.findByTestId("token")).textContent).toContain("Never used");
    await user.click(screen.getByRole("button", { name: /^Withdraw/ }));
    await waitFor(() => { expect(screen.queryByTestId("token")).toBeNull(); });
  });
});
