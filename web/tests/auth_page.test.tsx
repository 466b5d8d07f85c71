// @vitest-environment happy-dom
import { cleanup, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { renderToStaticMarkup } from "react-dom/server";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Client } from "../src/app/client";
import type { AuthOptions } from "../src/core/login";
import { ApiError } from "../src/net/errors";
import AuthPage from "../src/ui/AuthPage";
import { ClientProvider } from "../src/ui/context";
import { WordsContext } from "../src/ui/words";
import { ENGLISH } from "./english";
import { rendered } from "./rendered";

const user = userEvent.setup();
const providers = {
  options: vi.fn<() => Promise<AuthOptions>>(),
  begin: vi.fn<(provider: string) => Promise<void>>(),
  finish: vi.fn<(search: string) => Promise<void>>(),
};
const register = vi.fn(() => Promise.resolve());

const page = (
  <ClientProvider client={{ providers, register } as unknown as Client}>
    <AuthPage notice={null} />
  </ClientProvider>
);

function shown(options: AuthOptions | Error) {
  providers.options.mockImplementation(() => (options instanceof Error ? Promise.reject(options) : Promise.resolve(options)));
  return rendered(page);
}

beforeEach(() => {
  vi.clearAllMocks();
  sessionStorage.clear();
  history.replaceState(null, "", "/");
});
afterEach(cleanup);

describe("who is not in yet", () => {
  it("is offered what there is", async () => {
    shown({ registration: "open", providers: ["Example"] });
    await user.click(await screen.findByRole("button", { name: "Continue with Example" }));
    expect(providers.begin).toHaveBeenCalledExactlyOnceWith("Example");
    await user.click(screen.getByRole("button", { name: "Create an account" }));
    expect(screen.queryByRole("button", { name: "I have an invite code" })).toBeNull();
    expect(screen.queryByLabelText(/Invite code/)).toBeNull();
  });

  it("is not asked to create an account where nobody can", async () => {
    shown({ registration: "closed", providers: [] });
    await screen.findByText(/Nobody can register here/);
    expect(screen.queryByRole("button", { name: "Create an account" })).toBeNull();
    expect(screen.queryByTestId("auth-providers")).toBeNull();
  });

  it("is asked for an invite where one is needed", async () => {
    shown({ registration: "invite", providers: [] });
    await user.click(await screen.findByRole("button", { name: "Create an account" }));
    expect(screen.getByLabelText(/Invite code/)).toBeTruthy();
  });

  it("can come in by a password, whatever the server says of the ways", async () => {
    shown(new ApiError("UNAVAILABLE", ""));
    expect(await screen.findByRole("button", { name: "Log in" })).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Create an account" }));
    expect(screen.getByRole("button", { name: "I have an invite code" })).toBeTruthy();
  });

  it("does not wait for what the server does not say", async () => {
    shown({ registration: "open", providers: [] });
    cleanup();
    providers.options.mockReturnValue(new Promise(() => undefined));
    rendered(
      <ClientProvider client={{ providers } as unknown as Client}>
        <AuthPage notice={null} />
      </ClientProvider>,
    );
    expect(screen.queryByRole("button", { name: "Log in" })).toBeNull();
    expect(await screen.findByRole("button", { name: "Log in" })).toBeTruthy();
  });
});

describe("who comes back from a provider", () => {
  const OPEN: AuthOptions = { registration: "open", providers: ["Example"] };

  function comesBack(search: string) {
    sessionStorage.setItem("elastic-chat.login", JSON.stringify({ provider: "Example", state: "s1", secret: "x", back: "/c/1#join=abc" }));
    history.replaceState(null, "", `/login/callback${search}`);
  }

  it("is let in by what the address says, which is there no more", async () => {
    comesBack("?code=c1&state=s1");
    providers.finish.mockReturnValue(new Promise(() => undefined));
    shown(OPEN);
    await vi.waitFor(() => { expect(providers.finish).toHaveBeenCalledExactlyOnceWith("?code=c1&state=s1"); });
    expect(`${location.pathname}${location.search}${location.hash}`).toBe("/c/1#join=abc");
    expect(screen.queryByTestId("auth-form")).toBeNull();
  });

  it("is let in although what was drawn first was thrown away", async () => {
    comesBack("?code=c1&state=s1");
    providers.finish.mockReturnValue(new Promise(() => undefined));
    renderToStaticMarkup(<WordsContext value={ENGLISH}>{page}</WordsContext>);
    shown(OPEN);
    await vi.waitFor(() => { expect(providers.finish).toHaveBeenCalledExactlyOnceWith("?code=c1&state=s1"); });
  });

  it.each([
    ["REFUSED_THERE", "Example did not log you in."],
    ["NOT_BEGUN_HERE", "This login was not begun in this tab"],
    ["UNAUTHENTICATED", "Example did not confirm it"],
    ["PERMISSION_DENIED", "nobody has an account here by that login"],
    ["INVALID_ARGUMENT", "is not set up for this page"],
    ["UNAVAILABLE", "Example can’t be reached"],
    ["ACCOUNT_SUSPENDED", "until Friday"],
  ])("and is not let in is told why: %s", async (reason, said) => {
    comesBack("?state=s1");
    providers.finish.mockRejectedValue(new ApiError(reason, "until Friday"));
    shown(OPEN);
    expect((await screen.findByRole("alert")).textContent).toContain(said);
    expect(screen.getByRole("button", { name: "Log in" })).toBeTruthy();
  });
});
