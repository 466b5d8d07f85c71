/** Uploads, by the tus protocol. */

import type { DetailedError, Upload } from "tus-js-client";

import type { FileId } from "../core/types";
import { ApiError, errorOf } from "./errors";
import type { TokenSource } from "./http";

const ENDPOINT = "/v1/files";
/** What is lost at most when a connection breaks. */
const CHUNK_BYTES = 4 * 1024 * 1024;
const RETRY_DELAYS_MS = [500, 1_000, 3_000, 5_000, 10_000];
const UNAUTHENTICATED = 401;

export interface UploadEvents {
  /** Which part of it is there, from 0 to 1. */
  readonly onProgress: (part: number) => void;
  readonly onDone: (fileId: FileId) => void;
  readonly onFailed: (error: ApiError) => void;
}

/** An upload that is under way. What is interrupted goes on by itself; whatever is there already is not sent again. */
export class RunningUpload {
  private upload: Upload | null = null;
  private state: "running" | "paused" | "cancelled" = "running";

  constructor(
    private readonly file: File,
    private readonly token: TokenSource,
    private readonly events: UploadEvents,
  ) {
    void this.begin();
  }

  pause(): void {
    this.state = "paused";
    void this.upload?.abort();
  }

  /** Goes on after a pause, or after it has failed. */
  resume(): void {
    this.state = "running";
    if (this.upload === null) {
      void this.begin();
    } else {
      this.upload.start();
    }
  }

  /** Takes back what is there of it. That the server could not be told is no harm: it lets go of it after a day. */
  cancel(): void {
    this.state = "cancelled";
    this.upload?.abort(true).catch(() => undefined);
  }

  private async begin(): Promise<void> {
    try {
      // Who never uploads anything need not fetch what it takes.
      const tus = await import("tus-js-client");
      this.upload ??= this.made(tus.Upload);
    } catch {
      this.events.onFailed(unreachable());
      return;
    }
    if (this.state === "running") {
      this.upload.start();
    }
  }

  private made(Made: typeof Upload): Upload {
    let isRefused = false;
    const upload = new Made(this.file, {
      endpoint: ENDPOINT,
      chunkSize: CHUNK_BYTES,
      retryDelays: RETRY_DELAYS_MS,
      metadata: { filename: this.file.name },
      storeFingerprintForResuming: false,
      onBeforeRequest: async (request) => {
        request.setHeader("authorization", `Bearer ${await this.token(isRefused)}`);
        isRefused = false;
      },
      onShouldRetry: (error) => {
        const status = error.originalResponse?.getStatus() ?? 0;
        isRefused = status === UNAUTHENTICATED;
        return isRefused || status < 400 || status === 409 || status >= 500;
      },
      onProgress: (sent, total) => {
        this.events.onProgress(total === 0 ? 0 : sent / total);
      },
      onSuccess: () => {
        this.events.onDone((upload.url ?? "").split("/").at(-1) as FileId);
      },
      onError: (error) => {
        this.events.onFailed(refusalOf(error));
      },
    });
    return upload;
  }
}

function refusalOf(error: Error | DetailedError): ApiError {
  const response = "originalResponse" in error ? error.originalResponse : null;
  if (response === null) {
    return error instanceof ApiError ? error : unreachable();
  }
  return errorOf(response.getStatus(), parsed(response.getBody()));
}

function unreachable(): ApiError {
  return new ApiError("UNAVAILABLE", "The file could not be sent: is the server reachable?");
}

/** Null for an answer that is no JSON, as a proxy may give. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
