import { useState } from "react";

import type { Row } from "../core/timeline";
import type { UserId } from "../core/types";
import { quoted } from "../core/wording";
import { useWords } from "./words";

interface NewestProps {
  readonly row: Row | undefined;
  readonly nameOf: (userId: UserId) => string;
}

/** Says what others have just written, for those who hear the page. What was there when it opened has been read as part of it. */
export function Newest({ row, nameOf }: NewestProps) {
  const [first] = useState(row?.key);
  const words = useWords();
  const isNews = row?.type === "message" && !row.isOwn && !row.isGrowing && row.key !== first;
  return (
    <p className="visually-hidden" role="status" data-testid="newest">
      {isNews && words.t("messages.newest", { name: nameOf(row.senderId), text: quoted(row.shown, words) })}
    </p>
  );
}
