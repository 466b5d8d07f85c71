/** The calls about files, and about what links lead to. */

import type { FileId, FileRef, LinkPreview, Uploads } from "../core/types";
import { GetFileResponseSchema, GetFileUrlResponseSchema, GetLinkPreviewResponseSchema, ListFilesResponseSchema } from "../gen/elastic_chat/files/v1/files_service_pb";
import { type Calls, present, query } from "./calls";
import { download, type TokenSource, withToken } from "./http";
import { RunningUpload, type UploadEvents } from "./uploads";
import { fileFrom, linkPreviewFrom } from "./wire";

export class FilesApi {
  constructor(
    private readonly calls: Calls,
    private readonly token: TokenSource,
  ) {}

  /** What is known of a file. */
  async get(fileId: FileId): Promise<FileRef> {
    const { file } = await this.calls.ask(GetFileResponseSchema, "GET", pathOf(fileId));
    return fileFrom(present(file));
  }

  /** An address by which a page can show a file, for some minutes. */
  async url(fileId: FileId, variant: "VARIANT_UNSPECIFIED" | "VARIANT_LARGE"): Promise<string> {
    return (await this.calls.ask(GetFileUrlResponseSchema, "GET", `${pathOf(fileId)}/url?${query({ variant })}`)).url;
  }

  /** The small variant of an image. Browsers keep it for an hour. */
  picture(fileId: FileId): Promise<Blob> {
    return withToken(this.token, (accessToken) => download(`${pathOf(fileId)}/content?variant=small`, accessToken));
  }

  /** Begins to upload a file. */
  upload(file: File, events: UploadEvents): RunningUpload {
    return new RunningUpload(file, this.token, events);
  }

  /** What the user has uploaded: the newest, or those before a file. */
  async list(beforeFileId = ""): Promise<Uploads> {
    const { files, hasMore, usedBytes, quotaBytes } = await this.calls.ask(ListFilesResponseSchema, "GET", `/v1/files?${query({ beforeFileId })}`);
    return { files: files.map(fileFrom), hasMore, usedBytes: Number(usedBytes), quotaBytes: Number(quotaBytes) };
  }

  /** Deletes a file of the user, wherever it was posted. */
  async remove(fileId: FileId): Promise<void> {
    await this.calls.tell("DELETE", pathOf(fileId));
  }

  /** What a link leads to. */
  async linkPreview(url: string): Promise<LinkPreview | null> {
    const { preview } = await this.calls.ask(GetLinkPreviewResponseSchema, "GET", `/v1/link-previews?${query({ url })}`);
    return preview === undefined ? null : linkPreviewFrom(preview);
  }
}

function pathOf(fileId: FileId): string {
  return `/v1/files/${encodeURIComponent(fileId)}`;
}
