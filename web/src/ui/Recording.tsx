import { useState } from "react";

import type { FileRef } from "../core/types";
import { useFileUrl } from "./file_url";
import { Icon } from "./Icon";
import { useWords } from "./words";

/** A recording: how long it is, and once it is wanted, the browser's own player. */
export function Recording({ file }: { readonly file: FileRef }) {
  const words = useWords();
  const { t } = words;
  const [isWanted, setWanted] = useState(false);
  const { url, isLost, renew } = useFileUrl(file, false, isWanted);
  const { name, durationMs = 0, size } = file;
  if (isLost) {
    return <span className="file-lost">{t("messages.fileLost", { name })}</span>;
  }
  return (
    <span className="recording" data-testid="recording">
      {url === null ? (
        <button className="recording-play" type="button" disabled={isWanted} aria-label={t("messages.play", { name })} onClick={() => { setWanted(true); }}>
          <Icon name="play" />
        </button>
      ) : (
        <audio controls autoPlay src={url} aria-label={name} onError={renew} />
      )}
      <span className="recording-words">
        {url === null && <span className="recording-name" dir="auto">{name}</span>}
        <span className="file-size" data-testid="recording-length">{durationMs > 0 ? words.length(durationMs) : words.size(size)}</span>
      </span>
    </span>
  );
}
