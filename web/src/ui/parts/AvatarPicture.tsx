import { useEffect, useRef, useState } from "react";

import type { FileId } from "../../core/types";
import { useClient } from "../context";

/** How far from the screen a picture is fetched. */
const NEAR = "200px";

/** The picture of somebody or something, over its letters: fetched when it comes near the screen, and nothing if it can't be had. */
export default function AvatarPicture({ fileId }: { readonly fileId: FileId }) {
  const client = useClient();
  const place = useRef<HTMLImageElement>(null);
  const [url, setUrl] = useState<string | null>(null);

  useEffect(() => {
    let isShown = true;
    const near = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) {
          near.disconnect();
          void client.files.picture(fileId).then((found) => {
            if (isShown) {
              setUrl(found);
            }
          });
        }
      },
      { rootMargin: NEAR },
    );
    if (place.current !== null) {
      near.observe(place.current);
    }
    return () => {
      isShown = false;
      near.disconnect();
    };
  }, [client, fileId]);

  return <img ref={place} src={url ?? undefined} alt="" decoding="async" data-testid="avatar-picture" data-shown={url !== null} onError={() => { setUrl(null); }} />;
}
