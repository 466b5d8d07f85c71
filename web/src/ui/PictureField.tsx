import "./styles/picture.css";
import settings from "virtual:texts/en/settings";

import { type ReactNode, useEffect, useRef, useState } from "react";

import type { FileId } from "../core/types";
import { useAction } from "./action";
import { useClient } from "./context";
import { Avatar } from "./parts/Avatar";
import { alsoSaying, useText } from "./words";

/** What can be a picture: the server finds out by itself what a file is. */
const IMAGES = "image/jpeg,image/png,image/webp,image/gif";

interface PictureFieldProps {
  /** Of the user or the conversation whose picture it is. */
  readonly id: string;
  readonly name: string;
  readonly isGroup?: boolean;
  readonly hasPicture: boolean;
  /** Has another picture, or none. */
  readonly onChange: (fileId: FileId | null) => Promise<void>;
  /** What stands beside it. */
  readonly children?: ReactNode;
}

/** A picture that can be chosen and taken away. It is seen as soon as it is chosen, and stays when the server has it. */
function PictureFieldInside({ id, name, isGroup = false, hasPicture, onChange, children }: PictureFieldProps) {
  const client = useClient();
  const t = useText();
  const input = useRef<HTMLInputElement>(null);
  const saving = useAction();
  const [progress, setProgress] = useState(0);
  const [preview, setPreview] = useState<string | null>(null);

  useEffect(() => () => { URL.revokeObjectURL(preview ?? ""); }, [preview]);

  const choose = async (file: File) => {
    setProgress(0);
    setPreview(URL.createObjectURL(file));
    await saving.run(async () => { await onChange(await client.files.uploadPicture(file, setProgress)); });
    setPreview(null);
  };

  return (
    <div className="picture-field" data-testid="picture-field" aria-busy={saving.isBusy}>
      {preview === null ? (
        <Avatar id={id} name={name} size="large" isGroup={isGroup} />
      ) : (
        <span className="avatar avatar-large">
          <img src={preview} alt="" />
        </span>
      )}
      <div>
        {children}
        <div className="picture-choice">
          <button className="button" type="button" disabled={saving.isBusy} onClick={() => { input.current?.click(); }}>{t("settings.pictureChoose")}</button>
          {hasPicture && (
            <button className="button" type="button" disabled={saving.isBusy} onClick={() => void saving.run(() => onChange(null))}>{t("settings.pictureRemove")}</button>
          )}
        </div>
        {preview !== null && <progress value={progress} aria-label={t("settings.picture")} />}
        {saving.error !== null && <p className="error" role="alert">{saving.error}</p>}
        <input
          ref={input}
          type="file"
          accept={IMAGES}
          hidden
          aria-label={t("settings.picture")}
          data-testid="picture-input"
          onChange={({ target }) => {
            const [file] = target.files ?? [];
            target.value = "";
            if (file !== undefined) {
              void choose(file);
            }
          }}
        />
      </div>
    </div>
  );
}

export const PictureField = alsoSaying(PictureFieldInside, settings);
