/** What the user can do with files and links. Everything throws ApiError, but for what a link leads to. */

import type { FileId, FileRef, LinkPreview, Uploads as Uploaded } from "../core/types";
import type { FilesApi } from "../net/files";
import { Previews } from "./previews";
import { Uploads } from "./uploads";

export class Files {
  private readonly previews: Previews;
  /** Of what is being written. */
  readonly uploads: Uploads;

  constructor(private readonly api: FilesApi) {
    this.previews = new Previews(api);
    this.uploads = new Uploads(api);
  }

  /** An address by which a file can be had for some minutes: of an image as large as a screen shows it. */
  url({ fileId, mediaType }: FileRef): Promise<string> {
    return this.api.url(fileId, mediaType.startsWith("image/") ? "VARIANT_LARGE" : "VARIANT_UNSPECIFIED");
  }

  /** An address of all of a file, for some minutes. */
  originalUrl({ fileId }: FileRef): Promise<string> {
    return this.api.url(fileId, "VARIANT_UNSPECIFIED");
  }

  /** An address of the picture that shows a conversation, for some minutes. */
  avatarUrl(fileId: FileId): Promise<string> {
    return this.api.url(fileId, "VARIANT_SMALL");
  }

  /** What the user has uploaded: the newest, or those before a file. */
  list(beforeFileId?: FileId): Promise<Uploaded> {
    return this.api.list(beforeFileId);
  }

  /** Deletes a file of the user, wherever it was posted. */
  async remove(fileId: FileId): Promise<void> {
    await this.api.remove(fileId);
  }

  /** What a link leads to; null if there is nothing to show. Never rejects. */
  linkPreview(url: string): Promise<LinkPreview | null> {
    return this.previews.find(url);
  }
}
