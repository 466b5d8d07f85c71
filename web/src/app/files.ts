/** What the user can do with files and links. Everything throws ApiError, but for what a link leads to. */

import type { FileId, FileRef, LinkPreview, Uploads } from "../core/types";
import { ApiError } from "../net/errors";
import type { FilesApi } from "../net/files";
import type { Pictures } from "./pictures";
import { Previews } from "./previews";

export class Files {
  private readonly previews: Previews;
  /** Whoever sees no picture need not fetch what it takes. */
  private pictures: Promise<Pictures> | null = null;

  constructor(private readonly api: FilesApi) {
    this.previews = new Previews(api);
  }

  /** Uploads a file that can be sent then; `onProgress` is told which part of it is there. */
  upload(file: File, onProgress: (part: number) => void): Promise<FileRef> {
    return this.api.upload(file, onProgress);
  }

  /** Uploads an image that is to be the picture of somebody or something. */
  async uploadPicture(file: File, onProgress: (part: number) => void): Promise<FileId> {
    const { fileId, mediaType } = await this.api.upload(file, onProgress);
    if (!mediaType.startsWith("image/")) {
      throw new ApiError("FILE_TYPE_REFUSED", "That is no image.");
    }
    return fileId;
  }

  /** An address by which a file can be had for some minutes: of an image as large as a screen shows it. */
  url({ fileId, mediaType }: FileRef): Promise<string> {
    return this.api.url(fileId, mediaType.startsWith("image/") ? "VARIANT_LARGE" : "VARIANT_UNSPECIFIED");
  }

  /** An address of the picture of a user or a conversation, while the page is there; null if it can't be had. Never rejects. */
  async picture(fileId: FileId): Promise<string | null> {
    this.pictures ??= import("./pictures").then(({ Pictures }) => new Pictures((id) => this.api.picture(id)));
    return this.pictures.then((pictures) => pictures.find(fileId)).catch(() => null);
  }

  /** What the user has uploaded: the newest, or those before a file. */
  list(beforeFileId?: FileId): Promise<Uploads> {
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
