import { useEffect, useState } from "react";

import { hostOf } from "../core/links";
import type { LinkPreview } from "../core/types";
import { useClient } from "./context";
import { Link } from "./Link";

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
    <Link className="link-card" href={url} text={title} testId="link-card">
      {image !== null && <img src={image.url} width={image.width} height={image.height} alt="" />}
      <span className="link-card-text">
        <span className="link-card-site" dir="auto">{siteName === "" ? hostOf(url) : `${siteName} · ${hostOf(url)}`}</span>
        <strong dir="auto">{title}</strong>
        {description !== "" && <span dir="auto">{description}</span>}
      </span>
    </Link>
  );
}
