import { useState } from "react";

import { conversationRows, peerOf, titleOf } from "../core/select";
import type { Shared } from "../core/shared";
import { myId } from "../core/state";
import type { ConversationId } from "../core/types";
import { useAppState } from "./context";
import { Avatar } from "./parts/Avatar";
import { Dialog } from "./parts/Dialog";
import { useWords } from "./words";

interface ShareDialogProps {
  readonly shared: Shared;
  readonly onChosen: (conversationId: ConversationId) => void;
  readonly onClose: () => void;
}

/** What another app has shared with this one, and the question in which conversation it is to be written. Nothing is sent by that. */
export function ShareDialog({ shared: { text, files }, onChosen, onClose }: ShareDialogProps) {
  const state = useAppState();
  const words = useWords();
  const { t } = words;
  const [filter, setFilter] = useState("");
  const me = myId(state);
  const wanted = filter.trim().toLocaleLowerCase();
  const rows = conversationRows(state)
    .map(({ chat: { conversation } }) => ({ conversation, title: titleOf(state, conversation, words) }))
    .filter(({ title }) => title.toLocaleLowerCase().includes(wanted));
  return (
    <Dialog title={t("conversations.shareTitle")} onClose={onClose}>
      <div className="shared" data-testid="shared">
        {text !== "" && <p dir="auto">{text}</p>}
        {files.map((file, index) => <p key={index} dir="auto">{file.name}</p>)}
      </div>
      <input type="search" value={filter} placeholder={t("conversations.find")} aria-label={t("conversations.find")} onChange={(event) => { setFilter(event.target.value); }} />
      <ul className="share-list">
        {rows.map(({ conversation, title }) => {
          const { conversationId, kind } = conversation;
          return (
            <li key={conversationId}>
              <button className="item" type="button" data-testid="share-with" onClick={() => { onChosen(conversationId); }}>
                <Avatar id={peerOf(conversation, me) ?? conversationId} name={title} isGroup={kind !== "direct"} isOnline={false} />
                <span className="item-title" dir="auto">{title}</span>
              </button>
            </li>
          );
        })}
      </ul>
      {rows.length === 0 && <p>{t("conversations.findNone")}</p>}
    </Dialog>
  );
}
