/** The files that go with what is being written, and how far each is. */

import type { FileRef } from "./types";

/** What the server takes with one message. */
export const MAX_FILES = 20;

export type UploadState =
  | { readonly type: "uploading" | "paused" }
  | { readonly type: "ready"; readonly file: FileRef }
  /** `reason` as the server calls it. What can't be otherwise next time is not to be tried again. */
  | { readonly type: "failed"; readonly reason: string; readonly canRetry: boolean };

export interface Upload {
  readonly key: string;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** The part that the server has, from 0 to 1. */
  readonly part: number;
  readonly state: UploadState;
  /** An address of the picture that it is, in this page; null for anything else. */
  readonly picture: string | null;
}

/** In the order in which they were chosen. */
export type Tray = readonly Upload[];

/** What has become of one. One that is gone from the tray stays gone. */
export function changed(tray: Tray, key: string, change: Partial<Pick<Upload, "part" | "state">>): Tray {
  return tray.map((one) => (one.key === key ? { ...one, ...change } : one));
}

/** How many more fit in. */
export function roomIn(tray: Tray): number {
  return Math.max(0, MAX_FILES - tray.length);
}

export function readyFiles(tray: Tray): readonly FileRef[] {
  return tray.flatMap(({ state }) => (state.type === "ready" ? [state.file] : []));
}

/** Whether a message with it can be sent: all of it is there. */
export function isReady(tray: Tray): boolean {
  return tray.every(({ state }) => state.type === "ready");
}
