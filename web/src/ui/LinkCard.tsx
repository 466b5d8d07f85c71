import { useEffect, useState } from "react";

import type { LinkPreview } from "../core/types";
import { useClient } from "./context";

/** What a link leads to, if the server tells. All of it is a stranger's, and text. */
export function LinkCard({ url }: { readonly url: string }) {
  const client = useClient();
  const [preview, setPreview] = useState<LinkPreview | null>(null);

  useEffect(() => {
    let isShown = true;
    void client.files.linkPreview(url).then((found) => {
      if (isShown) {
        setPreview(found);
      }
    });
    return () => {
      isShown = false;
    };
  }, [client, url]);

  return preview === null ? null : <Card url={url} preview={preview} />;
}

export function Card({ url, preview: { title, description, siteName, image } }: { readonly url: string; readonly preview: LinkPreview }) {
  return (
    <a className="link-card" href={url} target="_blank" rel="noopener noreferrer nofollow" data-testid="link-card">
      {image !== null && <img src={image.url} width={image.width} height={image.height} alt="" />}
      <span className="link-card-text">
        <span className="link-card-site" dir="auto">{siteName === "" ? new URL(url).hostname : siteName}</span>
        <strong dir="auto">{title}</strong>
        {description !== "" && <span dir="auto">{description}</span>}
      </span>
    </a>
  );
}
