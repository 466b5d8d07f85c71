// @vitest-environment happy-dom
/** What is done to several messages one after the other ends where the user stops it. */
import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";

import type { Client } from "../src/app/client";
import { Store } from "../src/app/store";
import { AS_SENT } from "../src/core/fold";
import type { Chosen } from "../src/core/selecting";
import { initial, update } from "../src/core/state";
import { ClientProvider } from "../src/ui/context";
import { Confirm } from "../src/ui/parts/Confirm";
import SelectionBar from "../src/ui/SelectionBar";
import { ANNA, ROOM } from "./make";
import { rendered } from "./rendered";

afterEach(cleanup);

const POWERS = { write: true, pin: true, moderate: true, select: true, thread: true };

function message(seq: number): Chosen {
  return {
    type: "message", key: `m${seq}`, seq, senderId: ANNA, isOwn: true, shown: { ...AS_SENT, text: `message ${seq}`, isVague: false },
    quote: null, at: 0, status: "sent", isGrowing: false, failure: null, startsGroup: true, endsGroup: true,
  };
}

/** A bar above three chosen messages, and each call that deletes one: it is answered when a test wants it. */
function bar() {
  const answers: { readonly resolve: () => void; readonly reject: (reason: Error) => void }[] = [];
  const change = vi.fn(() => new Promise<void>((resolve, reject) => { answers.push({ resolve, reject }); }));
  const client = { store: new Store(update, initial), messages: { change } } as unknown as Client;
  const [onDone, onClose] = [vi.fn(), vi.fn()];
  rendered(
    <ClientProvider client={client}>
      <SelectionBar conversationId={ROOM} chosen={[message(1), message(2), message(3)]} powers={POWERS} nameOf={() => "Anna"} onDone={onDone} onClose={onClose} />
    </ClientProvider>,
  );
  return { answers, change, onDone, onClose };
}

async function ask() {
  fireEvent.click(await screen.findByRole("button", { name: "Delete for everyone" }));
  return within(screen.getByRole("alertdialog"));
}

it("cancels the rest of what is deleted, and ends the choice only of who has deleted all", async () => {
  const { answers, change, onDone, onClose } = bar();
  const question = await ask();
  fireEvent.click(question.getByRole("button", { name: "Delete" }));
  fireEvent.click(question.getByRole("button", { name: "Cancel" }));
  answers[0]?.resolve();
  await waitFor(() => { expect(onDone).toHaveBeenCalledWith(1); });
  await new Promise((resolve) => setTimeout(resolve));
  expect(change).toHaveBeenCalledTimes(1);
  expect(onClose).not.toHaveBeenCalled();
});

it("asks after a failure of the rest alone", async () => {
  const { answers, change } = bar();
  const question = await ask();
  fireEvent.click(question.getByRole("button", { name: "Delete" }));
  answers[0]?.resolve();
  await waitFor(() => { expect(change).toHaveBeenCalledTimes(2); });
  answers[1]?.reject(new Error("away"));
  expect(await question.findByRole("alert")).toBeTruthy();
  expect(screen.getByRole("heading").textContent).toContain("2");
});

it("closes nothing more when the question was closed before its answer came", async () => {
  let answer = (): void => undefined;
  const [onConfirm, onClose] = [vi.fn(() => new Promise<void>((resolve) => { answer = resolve; })), vi.fn()];
  const { unmount } = rendered(<Confirm title="Really?" action="Do it" onConfirm={onConfirm} onClose={onClose}>Yes or no</Confirm>);
  fireEvent.click(screen.getByRole("button", { name: "Do it" }));
  fireEvent.click(screen.getByRole("button", { name: "Cancel" }));
  unmount();
  answer();
  await new Promise((resolve) => setTimeout(resolve));
  expect(onClose).toHaveBeenCalledTimes(1);
});
