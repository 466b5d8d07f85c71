/** What the user can do with files and links. Everything throws ApiError, but for what a link leads to. */

import type { FileId, FileRef, LinkPreview, Uploads as Uploaded } from "../core/types";
import { ApiError } from "../net/errors";
import type { FilesApi } from "../net/files";
import type { Pictures } from "./pictures";
import { Previews } from "./previews";
import { Uploads } from "./uploads";

export class Files {
  private readonly previews: Previews;
  /** Of what is being written. */
  readonly uploads: Uploads;
  /** Whoever sees no picture need not fetch what it takes. */
  private pictures: Promise<Pictures> | null = null;

  constructor(private readonly api: FilesApi) {
    this.previews = new Previews(api);
    this.uploads = new Uploads(api);
  }

  /** Uploads an image that is to be the picture of somebody or something. */
  async uploadPicture(file: File, onProgress: (part: number) => void): Promise<FileId> {
    const uploaded = await new Promise<FileId>((resolve, reject) => {
      this.api.upload(file, { onProgress, onDone: resolve, onFailed: reject });
    });
    const { fileId, mediaType } = await this.api.get(uploaded);
    if (!mediaType.startsWith("image/")) {
      throw new ApiError("FILE_TYPE_REFUSED", "That is no image.");
    }
    return fileId;
  }

  /** An address by which a file can be had for some minutes: of an image as large as a screen shows it. */
  url({ fileId, mediaType }: FileRef): Promise<string> {
    return this.api.url(fileId, mediaType.startsWith("image/") ? "VARIANT_LARGE" : "VARIANT_UNSPECIFIED");
  }

  /** An address of all of a file, for some minutes. */
  originalUrl({ fileId }: FileRef): Promise<string> {
    return this.api.url(fileId, "VARIANT_UNSPECIFIED");
  }

  /** The address, in this page, of the picture of a user or a conversation, while the page is there; null if it can't be had. Never rejects. */
  async picture(fileId: FileId): Promise<string | null> {
    this.pictures ??= import("./pictures").then(({ Pictures }) => new Pictures((id) => this.api.picture(id)));
    return this.pictures.then((pictures) => pictures.find(fileId)).catch(() => null);
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
