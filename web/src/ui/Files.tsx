import { useEffect, useState } from "react";

import type { FileRef } from "../core/types";
import { useClient } from "./context";
import { Icon } from "./Icon";
import { useText, useWords } from "./words";

/** What a browser shows without running anything; the server says what a file is, whatever it is called. */
const IMAGES = new Set(["image/jpeg", "image/png", "image/webp", "image/gif"]);

/** The files of a message: images as images, the others to be fetched. */
export function Files({ files }: { readonly files: readonly FileRef[] }) {
  return (
    <ul className="files">
      {files.map((file) => (
        <li key={file.fileId}>{IMAGES.has(file.mediaType) && file.width > 0 ? <Picture file={file} /> : <Download file={file} />}</li>
      ))}
    </ul>
  );
}

function Picture({ file }: { readonly file: FileRef }) {
  const client = useClient();
  const t = useText();
  const [url, setUrl] = useState<string | null>(null);
  const [isLost, setLost] = useState(false);

  useEffect(() => {
    let isShown = true;
    client.files.url(file).then(
      (found) => {
        if (isShown) {
          setUrl(found);
        }
      },
      () => {
        if (isShown) {
          setLost(true);
        }
      },
    );
    return () => {
      isShown = false;
    };
  }, [client, file]);

  if (isLost) {
    return <span className="file-lost">{t("messages.fileLost", { name: file.name })}</span>;
  }
  // Its room is kept from the beginning, so that nothing jumps when it comes.
  return <img className="file-image" src={url ?? undefined} alt={file.name} width={file.width} height={file.height} data-testid="file-image" />;
}

function Download({ file }: { readonly file: FileRef }) {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const [isLost, setLost] = useState(false);
  const fetchIt = () => {
    client.files.url(file).then(
      (url) => {
        const link = document.createElement("a");
        link.href = url;
        link.download = file.name;
        link.click();
      },
      () => {
        setLost(true);
      },
    );
  };
  return isLost ? (
    <span className="file-lost">{t("messages.fileLost", { name: file.name })}</span>
  ) : (
    <button className="file-download" type="button" onClick={fetchIt} data-testid="file-download">
      <Icon name="file" />
      <span dir="auto">{file.name}</span>
      <span className="file-size">{words.size(file.size)}</span>
    </button>
  );
}
