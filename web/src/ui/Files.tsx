import { lazy, Suspense, useState } from "react";

import { isSeen, kindOf } from "../core/media";
import type { ConversationId, FileRef, UserId } from "../core/types";
import { useClient } from "./context";
import { download, useFileUrl } from "./file_url";
import { Icon } from "./Icon";
import { useViewer } from "./viewing";
import { useText, useWords } from "./words";

const Recording = lazy(async () => ({ default: (await import("./Recording")).Recording }));

interface FilesProps {
  readonly files: readonly FileRef[];
  readonly conversationId: ConversationId;
  readonly senderId: UserId;
  readonly at: number;
}

/** The files of a message: what can be seen in a grid, recordings to be heard, the others to be fetched. */
export function Files({ files, ...of }: FilesProps) {
  const seen = files.filter(isSeen);
  const others = files.filter((file) => !isSeen(file));
  return (
    <>
      {seen.length > 0 && (
        <ul className="media" data-count={Math.min(seen.length, 4)}>
          {seen.map((file) => <li key={file.fileId}><Seen file={file} isAlone={seen.length === 1} {...of} /></li>)}
        </ul>
      )}
      {others.length > 0 && (
        <ul className="files">
          {others.map((file) => (
            <li key={file.fileId}>{kindOf(file) === "recording" ? <Suspense fallback={<span className="recording" />}><Recording file={file} /></Suspense> : <Download file={file} />}</li>
          ))}
        </ul>
      )}
    </>
  );
}

interface SeenProps extends Omit<FilesProps, "files"> {
  readonly file: FileRef;
  readonly isAlone: boolean;
}

function Seen({ file, isAlone, conversationId, senderId, at }: SeenProps) {
  const words = useWords();
  const { t } = words;
  const view = useViewer();
  const isFilm = kindOf(file) === "film";
  const { url, isLost } = useFileUrl(file, false, !isFilm);
  if (isLost) {
    return <span className="file-lost">{t("messages.fileLost", { name: file.name })}</span>;
  }
  const { name, width, height, durationMs = 0 } = file;
  return (
    <button className="medium" type="button" aria-label={t(isFilm ? "messages.openFilm" : "messages.openPicture", { name })} onClick={() => { view({ conversationId, medium: { file, senderId, at } }); }}>
      {isFilm ? (
        <span className="film" style={isAlone && width > 0 ? { aspectRatio: `${width} / ${height}` } : {}} data-testid="file-film">
          <span className="film-play"><Icon name="play" /></span>
          {durationMs > 0 && <span className="film-length">{words.length(durationMs)}</span>}
        </span>
      ) : (
        // Its room is kept from the beginning, so that nothing jumps when it comes.
        <img className="file-image" src={url ?? undefined} alt={name} width={width} height={height} data-testid="file-image" />
      )}
    </button>
  );
}

function Download({ file }: { readonly file: FileRef }) {
  const client = useClient();
  const words = useWords();
  const t = useText();
  const [isLost, setLost] = useState(false);
  return isLost ? (
    <span className="file-lost">{t("messages.fileLost", { name: file.name })}</span>
  ) : (
    <button className="file-download" type="button" onClick={() => { download(client, file).catch(() => { setLost(true); }); }} data-testid="file-download">
      <Icon name="file" />
      <span dir="auto">{file.name}</span>
      <span className="file-size">{words.size(file.size)}</span>
    </button>
  );
}
