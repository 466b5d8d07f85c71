import { useCallback, useState } from "react";

import type { MessageRow, Row } from "../core/timeline";
import type { UserId } from "../core/types";
import { useText } from "./words";

export const NOBODY: ReadonlySet<UserId> = new Set();

/** Which messages of those whom the user has blocked they have asked to see all the same. */
export function useUnfolding(blocked: ReadonlySet<UserId>): { readonly isFolded: (row: Row) => boolean; readonly show: (key: string) => void } {
  const [shown, setShown] = useState<ReadonlySet<string>>(new Set());
  return {
    isFolded: useCallback((row) => row.type === "message" && blocked.has(row.senderId) && !shown.has(row.key), [blocked, shown]),
    show: useCallback((key) => { setShown((before) => new Set(before).add(key)); }, []),
  };
}

/** Stands where somebody has said something whom the user has blocked. */
export function Folded({ row, onShow }: { readonly row: MessageRow; readonly onShow: (key: string) => void }) {
  const t = useText();
  return (
    <div className="message folded" tabIndex={-1} data-key={row.key} data-testid="folded">
      <span>{t("messages.folded")}</span>
      <button className="button-link" type="button" onClick={() => { onShow(row.key); }}>{t("messages.foldedShow")}</button>
    </div>
  );
}
