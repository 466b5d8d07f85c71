/** Uploads the files that go with what is being written. They stay with their place, also while another conversation is open. */

import { type Place, placeKey } from "../core/composing";
import { changed, roomIn, type Tray, type Upload } from "../core/tray";
import { ApiError } from "../net/errors";
import type { FilesApi } from "../net/files";
import type { RunningUpload } from "../net/uploads";

/** With these it will not be otherwise next time. */
const FINAL: ReadonlySet<string> = new Set(["FILE_TOO_LARGE", "FILE_TYPE_REFUSED", "FILE_BROKEN"]);
const PICTURE = /^image\/(?:png|jpeg|gif|webp|avif)$/;
const EMPTY: Tray = [];

export class Uploads {
  private trays: ReadonlyMap<string, Tray> = new Map();
  private readonly running = new Map<string, RunningUpload>();
  private readonly listeners = new Set<() => void>();

  constructor(private readonly api: Pick<FilesApi, "upload" | "get" | "remove">) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** The same until something of it changes. */
  at(place: Place): Tray {
    return this.trays.get(placeKey(place)) ?? EMPTY;
  }

  /** Begins to upload files, as many as there is room for, and returns how many were left out. */
  add(place: Place, files: readonly File[]): number {
    const taken = files.slice(0, roomIn(this.at(place)));
    for (const file of taken) {
      this.begin(place, file);
    }
    return files.length - taken.length;
  }

  pause(place: Place, key: string): void {
    this.running.get(key)?.pause();
    this.change(place, key, { state: { type: "paused" } });
  }

  /** Goes on, after a pause or after it has failed. */
  resume(place: Place, key: string): void {
    this.change(place, key, { state: { type: "uploading" } });
    this.running.get(key)?.resume();
  }

  /** Takes one out, and what the server has of it. */
  remove(place: Place, key: string): void {
    const upload = this.at(place).find((one) => one.key === key);
    if (upload?.state.type === "ready") {
      // If that fails, the server lets go of it after a day.
      this.api.remove(upload.state.file.fileId).catch(() => undefined);
    } else {
      this.running.get(key)?.cancel();
    }
    this.forget(this.at(place).filter((one) => one.key === key));
    this.set(place, this.at(place).filter((one) => one.key !== key));
  }

  /** All of them are sent. */
  sent(place: Place): void {
    this.forget(this.at(place));
    this.set(place, EMPTY);
  }

  /** The session is over. */
  close(): void {
    for (const upload of this.running.values()) {
      upload.pause();
    }
    this.forget([...this.trays.values()].flat());
    this.trays = new Map();
    this.tell();
  }

  private begin(place: Place, file: File): void {
    const key = crypto.randomUUID();
    const picture = PICTURE.test(file.type) ? URL.createObjectURL(file) : null;
    this.set(place, [...this.at(place), { key, name: file.name, size: file.size, part: 0, state: { type: "uploading" }, picture }]);
    const fail = (reason: string) => { this.change(place, key, { state: { type: "failed", reason, canRetry: !FINAL.has(reason) } }); };
    const upload = this.api.upload(file, {
      onProgress: (part) => { this.change(place, key, { part }); },
      onDone: (fileId) => {
        this.api.get(fileId).then(
          (uploaded) => { this.change(place, key, { part: 1, state: { type: "ready", file: uploaded } }); },
          (error: unknown) => { fail(error instanceof ApiError ? error.reason : ""); },
        );
      },
      onFailed: ({ reason }) => { fail(reason); },
    });
    this.running.set(key, upload);
  }

  private change(place: Place, key: string, change: Partial<Pick<Upload, "part" | "state">>): void {
    this.set(place, changed(this.at(place), key, change));
  }

  private forget(tray: Tray): void {
    for (const { key, picture } of tray) {
      this.running.delete(key);
      if (picture !== null) {
        URL.revokeObjectURL(picture);
      }
    }
  }

  private set(place: Place, tray: Tray): void {
    const trays = new Map(this.trays);
    trays.set(placeKey(place), tray);
    if (tray.length === 0) {
      trays.delete(placeKey(place));
    }
    this.trays = trays;
    this.tell();
  }

  private tell(): void {
    this.listeners.forEach((listener) => { listener(); });
  }
}
