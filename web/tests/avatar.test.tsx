// @vitest-environment happy-dom
import { act, cleanup, fireEvent, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Client } from "../src/app/client";
import { Store } from "../src/app/store";
import { initial, update } from "../src/core/state";
import type { FileId, UserId } from "../src/core/types";
import { ClientProvider } from "../src/ui/context";
import { Avatar } from "../src/ui/parts/Avatar";
import { PictureField } from "../src/ui/PictureField";
import { group, message, ROOM, summary } from "./make";
import { rendered } from "./rendered";

const MAYA = "maya" as UserId;
const FILE = "file" as FileId;

let near: (() => void) | null = null;

/** Lets what is looked at come near the screen. */
async function comesNear() {
  await waitFor(() => { expect(near).not.toBeNull(); });
  act(() => { near?.(); });
}

beforeEach(() => {
  near = null;
  vi.stubGlobal("IntersectionObserver", class {
    constructor(private readonly seen: (entries: readonly { readonly isIntersecting: boolean }[]) => void) {}
    observe = () => { near = () => { this.seen([{ isIntersecting: true }]); }; };
    disconnect = () => undefined;
  });
  vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:chosen");
  vi.spyOn(URL, "revokeObjectURL").mockReturnValue();
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

function client(avatarFileId?: FileId) {
  const store = new Store(update, initial);
  const maya = { userId: MAYA, username: "maya", displayName: "Maya Okafor" };
  store.dispatch({ type: "users_found", users: [avatarFileId === undefined ? maya : { ...maya, avatarFileId }] });
  const files = {
    picture: vi.fn((): Promise<string | null> => Promise.resolve("blob:maya")),
    uploadPicture: vi.fn(() => Promise.resolve(FILE)),
  };
  return { store, files };
}

const shown = (made: ReturnType<typeof client>, id: string = MAYA) =>
  rendered(
    <ClientProvider client={made as unknown as Client}>
      <Avatar id={id} name="Maya Okafor" />
    </ClientProvider>,
  );

describe("a face", () => {
  it("has initials where there is no picture", () => {
    const made = client();
    shown(made);
    expect(screen.getByText("MO")).toBeDefined();
    expect(screen.queryByTestId("avatar-picture")).toBeNull();
    expect(made.files.picture).not.toHaveBeenCalled();
  });

  it("has its picture over them, once it comes near the screen", async () => {
    const made = client(FILE);
    shown(made);
    const picture = await screen.findByTestId("avatar-picture");
    expect(picture.getAttribute("src")).toBeNull();
    expect(made.files.picture).not.toHaveBeenCalled();
    await comesNear();
    await waitFor(() => { expect(picture.getAttribute("src")).toBe("blob:maya"); });
    expect(made.files.picture).toHaveBeenCalledExactlyOnceWith(FILE);
    fireEvent.error(picture);
    expect(picture.getAttribute("src")).toBeNull();
    expect(screen.getByText("MO")).toBeDefined();
  });

  it("keeps its initials if the picture can't be had", async () => {
    const made = client(FILE);
    made.files.picture.mockResolvedValue(null);
    shown(made);
    const picture = await screen.findByTestId("avatar-picture");
    await comesNear();
    await act(async () => { await Promise.resolve(); });
    expect(picture.getAttribute("src")).toBeNull();
    expect(screen.getByText("MO")).toBeDefined();
  });

  it("of a conversation is the conversation's", async () => {
    const made = client();
    made.store.dispatch({ type: "signed_in", userId: MAYA, outbox: [] });
    made.store.dispatch({ type: "conversations_listed", summaries: [summary({ ...group, avatarFileId: FILE }, message(1), 1, 0)] });
    shown(made, ROOM);
    await screen.findByTestId("avatar-picture");
    await comesNear();
    await waitFor(() => { expect(made.files.picture).toHaveBeenCalledWith(FILE); });
  });
});

describe("a picture that is chosen", () => {
  const user = userEvent.setup();
  const image = new File(["x"], "me.png", { type: "image/png" });

  function field(hasPicture: boolean, onChange: (fileId: FileId | null) => Promise<void>) {
    const made = client();
    rendered(
      <ClientProvider client={made as unknown as Client}>
        <PictureField id={MAYA} name="Maya Okafor" hasPicture={hasPicture} onChange={onChange} />
      </ClientProvider>,
    );
    return made;
  }

  it("is seen at once, and is had when it is uploaded", async () => {
    const onChange = vi.fn(() => Promise.resolve());
    const made = field(false, onChange);
    let uploaded: (fileId: FileId) => void = () => undefined;
    made.files.uploadPicture.mockReturnValue(new Promise((resolve) => { uploaded = resolve; }));
    expect(screen.queryByText("Remove the picture")).toBeNull();
    await user.upload(screen.getByTestId("picture-input"), image);
    expect(screen.getByTestId("picture-field").querySelector("img")?.getAttribute("src")).toBe("blob:chosen");
    expect(screen.getByRole("progressbar")).toBeDefined();
    expect(onChange).not.toHaveBeenCalled();
    act(() => { uploaded(FILE); });
    await waitFor(() => { expect(onChange).toHaveBeenCalledExactlyOnceWith(FILE); });
    await waitFor(() => { expect(screen.queryByRole("progressbar")).toBeNull(); });
  });

  it("gives way to what there was if it is refused", async () => {
    const made = field(false, () => Promise.reject(Object.assign(new Error("no"), { reason: "FILE_TYPE_REFUSED" })));
    await user.upload(screen.getByTestId("picture-input"), image);
    expect((await screen.findByRole("alert")).textContent).toBe("Files of this kind are not taken in here.");
    expect(screen.getByText("MO")).toBeDefined();
    expect(made.files.uploadPicture).toHaveBeenCalledTimes(1);
  });

  it("can be taken away", async () => {
    const onChange = vi.fn(() => Promise.resolve());
    field(true, onChange);
    await user.click(screen.getByText("Remove the picture"));
    expect(onChange).toHaveBeenCalledExactlyOnceWith(null);
  });
});
