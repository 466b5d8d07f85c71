/** Uploads, by the tus protocol. */

import type { DetailedError } from "tus-js-client";

import type { FileId } from "../core/types";
import { ApiError, errorOf } from "./errors";
import type { TokenSource } from "./http";

const ENDPOINT = "/v1/files";
/** What is lost at most when a connection breaks. */
const CHUNK_BYTES = 4 * 1024 * 1024;
const RETRY_DELAYS_MS = [500, 1_000, 3_000, 5_000, 10_000];
const UNAUTHENTICATED = 401;

/** Uploads a file and gives its id; `onProgress` is told which part of it is there. Throws ApiError. */
export async function uploaded(file: File, token: TokenSource, onProgress: (part: number) => void): Promise<FileId> {
  // Who never uploads anything need not fetch what it takes.
  const { Upload } = await import("tus-js-client").catch(() => {
    throw unreachable();
  });
  return new Promise((resolve, reject) => {
    let isRefused = false;
    const upload = new Upload(file, {
      endpoint: ENDPOINT,
      chunkSize: CHUNK_BYTES,
      retryDelays: RETRY_DELAYS_MS,
      metadata: { filename: file.name },
      storeFingerprintForResuming: false,
      onBeforeRequest: async (request) => {
        request.setHeader("authorization", `Bearer ${await token(isRefused)}`);
        isRefused = false;
      },
      onShouldRetry: (error) => {
        const status = error.originalResponse?.getStatus() ?? 0;
        isRefused = status === UNAUTHENTICATED;
        return isRefused || status < 400 || status === 409 || status >= 500;
      },
      onProgress: (sent, total) => {
        onProgress(total === 0 ? 0 : sent / total);
      },
      onSuccess: () => {
        resolve((upload.url ?? "").split("/").at(-1) as FileId);
      },
      onError: (error) => {
        reject(refusalOf(error));
      },
    });
    upload.start();
  });
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
