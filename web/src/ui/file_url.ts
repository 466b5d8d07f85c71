/** Addresses by which files can be had for some minutes. */

import { useCallback, useEffect, useState } from "react";

import type { Client } from "../app/client";
import type { FileRef } from "../core/types";
import { useClient } from "./context";

export interface FileUrl {
  /** Null until it is known. */
  readonly url: string | null;
  /** Whether the file can't be had. */
  readonly isLost: boolean;
  /** Asks for another one: the one that was there is not good any more. */
  readonly renew: () => void;
}

/** `original`: of an image not what a screen shows, but all of it. Nothing is asked for until it is `wanted`. */
export function useFileUrl(file: FileRef, original = false, wanted = true): FileUrl {
  const client = useClient();
  const [url, setUrl] = useState<string | null>(null);
  const [isLost, setLost] = useState(false);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let isShown = wanted;
    if (wanted) {
      (original ? client.files.originalUrl(file) : client.files.url(file)).then(
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
    }
    return () => { isShown = false; };
  }, [client, file, original, wanted, turn]);
  return { url, isLost, renew: useCallback(() => { setTurn((before) => before + 1); }, []) };
}

/** Lets the browser keep a file. */
export async function download(client: Client, file: FileRef): Promise<void> {
  const link = document.createElement("a");
  link.href = await client.files.originalUrl(file);
  link.download = file.name;
  link.click();
}
