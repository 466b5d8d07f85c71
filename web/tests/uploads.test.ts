import { beforeEach, describe, expect, it, vi } from "vitest";

import { Uploads } from "../src/app/uploads";
import type { Place } from "../src/core/composing";
import { isReady, MAX_FILES, readyFiles } from "../src/core/tray";
import type { FileId } from "../src/core/types";
import { ApiError } from "../src/net/errors";
import type { UploadEvents } from "../src/net/uploads";
import { photo, ROOM } from "./make";

const HERE: Place = { conversationId: ROOM, thread: null };
const THREAD: Place = { conversationId: ROOM, thread: 3 };
const file = (name: string, type = "text/plain") => new File(["x"], name, { type });

describe("the files that go with what is written", () => {
  let begun: { readonly name: string; readonly events: UploadEvents; readonly done: string[] }[];
  let removed: FileId[];
  let uploads: Uploads;
  const states = (place = HERE) => uploads.at(place).map(({ name, state }) => `${name} ${state.type}`);

  beforeEach(() => {
    begun = [];
    removed = [];
    uploads = new Uploads({
      upload: ({ name }, events) => {
        const done: string[] = [];
        begun.push({ name, events, done });
        const note = (what: string) => () => { done.push(what); };
        return { pause: note("pause"), resume: note("resume"), cancel: note("cancel") } as never;
      },
      get: (fileId) => Promise.resolve({ ...photo, fileId }),
      remove: (fileId) => {
        removed.push(fileId);
        return Promise.resolve();
      },
    });
  });

  it("stay with their place, each as far as it is", async () => {
    uploads.add(HERE, [file("a"), file("b")]);
    uploads.add(THREAD, [file("c")]);
    begun[0]?.events.onProgress(0.5);
    expect(uploads.at(HERE)[0]?.part).toBe(0.5);
    expect(isReady(uploads.at(HERE))).toBe(false);
    begun[0]?.events.onDone("file-9" as FileId);
    begun[1]?.events.onFailed(new ApiError("FILE_TOO_LARGE", ""));
    await vi.waitFor(() => { expect(states()).toEqual(["a ready", "b failed"]); });
    expect(readyFiles(uploads.at(HERE)).map(({ fileId }) => fileId)).toEqual(["file-9"]);
    expect(states(THREAD)).toEqual(["c uploading"]);
  });

  it("can be paused, and tried again unless that is of no use", () => {
    uploads.add(HERE, [file("a"), file("b")]);
    const [first, second] = uploads.at(HERE).map(({ key }) => key) as [string, string];
    uploads.pause(HERE, first);
    expect(states()).toEqual(["a paused", "b uploading"]);
    uploads.resume(HERE, first);
    expect(begun[0]?.done).toEqual(["pause", "resume"]);
    begun[0]?.events.onFailed(new ApiError("UNAVAILABLE", ""));
    begun[1]?.events.onFailed(new ApiError("FILE_BROKEN", ""));
    expect(uploads.at(HERE).map(({ state }) => state.type === "failed" && state.canRetry)).toEqual([true, false]);
    uploads.resume(HERE, first);
    expect(states()).toEqual(["a uploading", "b failed"]);
    uploads.remove(HERE, second);
    expect(begun[1]?.done).toEqual(["cancel"]);
    begun[1]?.events.onProgress(0.7);
    expect(states()).toEqual(["a uploading"]);
  });

  it("are taken from the server if they are there already, and left there if they are sent", async () => {
    uploads.add(HERE, [file("a"), file("b")]);
    begun.forEach(({ events }, index) => { events.onDone(`file-${index}` as FileId); });
    await vi.waitFor(() => { expect(isReady(uploads.at(HERE))).toBe(true); });
    uploads.remove(HERE, uploads.at(HERE)[0]?.key ?? "");
    expect(removed).toEqual(["file-0"]);
    uploads.sent(HERE);
    expect(uploads.at(HERE)).toEqual([]);
    expect(removed).toEqual(["file-0"]);
  });

  it("are at most as many as a message takes", () => {
    const many = Array.from({ length: MAX_FILES + 3 }, (_, index) => file(`${index}`));
    expect(uploads.add(HERE, many)).toBe(3);
    expect(uploads.add(HERE, [file("more")])).toBe(1);
    expect(begun).toHaveLength(MAX_FILES);
  });

  it("show what they are, for as long as they are there", () => {
    const revoked = vi.spyOn(URL, "revokeObjectURL");
    uploads.add(HERE, [file("a.png", "image/png"), file("b.svg", "image/svg+xml")]);
    const [first, second] = uploads.at(HERE);
    expect(first?.picture).toMatch(/^blob:/);
    expect(second?.picture).toBeNull();
    uploads.close();
    expect(revoked).toHaveBeenCalledWith(first?.picture);
    expect(begun.map(({ done }) => done)).toEqual([["pause"], ["pause"]]);
    expect(uploads.at(HERE)).toEqual([]);
  });
});
