/** The files that are being attached to a message that is still being written. */

import { useState } from "react";

import type { FileRef } from "../core/types";
import { sentenceOf } from "./action";
import { useClient } from "./context";
import { useWords } from "./words";

export interface Attached {
  readonly key: string;
  readonly name: string;
  /** From 0 to 1. */
  readonly progress: number;
  /** Once it is uploaded. */
  readonly file: FileRef | null;
  readonly failure: string | null;
}

/** What the server takes with one message. */
const MAX_FILES = 20;

export function useAttached() {
  const client = useClient();
  const words = useWords();
  const [attached, setAttached] = useState<readonly Attached[]>([]);
  const change = (key: string, changed: Partial<Attached>) => {
    setAttached((all) => all.map((one) => (one.key === key ? { ...one, ...changed } : one)));
  };
  const add = (files: readonly File[]) => {
    for (const file of files.slice(0, MAX_FILES - attached.length)) {
      const key = crypto.randomUUID();
      setAttached((all) => [...all, { key, name: file.name, progress: 0, file: null, failure: null }]);
      client.files
        .upload(file, (progress) => {
          change(key, { progress });
        })
        .then(
          (uploaded) => {
            change(key, { file: uploaded, progress: 1 });
          },
          (error: unknown) => {
            change(key, { failure: sentenceOf(error, words) });
          },
        );
    }
  };
  const remove = (key: string) => {
    setAttached((all) => all.filter((one) => one.key !== key));
  };
  const clear = () => {
    setAttached([]);
  };
  return { attached, add, remove, clear };
}
