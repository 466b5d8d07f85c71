import { type SyntheticEvent, useRef, useState } from "react";

import { conversationRows, mayI, peerOf, titleOf } from "../core/select";
import { myId } from "../core/state";
import type { ConversationId, MessageId } from "../core/types";
import { useAction } from "./action";
import { useAppState, useClient } from "./context";
import { Avatar } from "./parts/Avatar";
import { Dialog } from "./parts/Dialog";
import { useToast } from "./parts/toasts";
import { useStopping } from "./stopping";
import { useWords } from "./words";

interface ForwardDialogProps {
  readonly from: ConversationId;
  readonly seqs: readonly number[];
  /** They have been copied; then it closes. */
  readonly onForwarded?: () => void;
  readonly onClose: () => void;
}

/** Copies messages into one conversation, or several. What is there already is not tried again after a failure, and what may be there not twice. */
export function ForwardDialog({ from, seqs, onForwarded, onClose }: ForwardDialogProps) {
  const client = useClient();
  const state = useAppState();
  const words = useWords();
  const { t } = words;
  const toast = useToast();
  const forwarding = useAction();
  const { begin } = useStopping();
  const done = useRef(new Set<string>());
  const ids = useRef(new Map<string, MessageId>());
  const [filter, setFilter] = useState("");
  const [chosen, setChosen] = useState<readonly ConversationId[]>([]);
  const me = myId(state);
  const wanted = filter.trim().toLocaleLowerCase();
  const rows = conversationRows(state)
    .filter(({ chat }) => chat.me === null || mayI(chat, "write"))
    .map(({ chat: { conversation } }) => ({ conversation, title: titleOf(state, conversation, words) }));
  const listed = rows.filter(({ title }) => title.toLocaleLowerCase().includes(wanted));

  const toggle = (conversationId: ConversationId) => {
    setChosen(chosen.includes(conversationId) ? chosen.filter((id) => id !== conversationId) : [...chosen, conversationId]);
  };
  const forward = (event: SyntheticEvent) => {
    event.preventDefault();
    const names = rows.filter(({ conversation }) => chosen.includes(conversation.conversationId)).map(({ title }) => title);
    const signal = begin();
    void forwarding.run(
      async () => {
        for (const to of chosen) {
          for (const seq of seqs) {
            const copy = `${to}/${seq}`;
            if (signal.aborted) {
              return;
            }
            if (!done.current.has(copy)) {
              const id = ids.current.get(copy) ?? client.newMessageId();
              ids.current.set(copy, id);
              await client.messages.forward(from, seq, to, id);
              done.current.add(copy);
            }
          }
          setChosen((before) => before.filter((id) => id !== to));
        }
      },
      () => {
        if (!signal.aborted) {
          toast(t("messages.forwardDone", { names }));
          onForwarded?.();
          onClose();
        }
      },
    );
  };

  return (
    <Dialog title={t("messages.forwardTitle")} onClose={onClose}>
      <form className="dialog-form" onSubmit={forward} data-testid="forward">
        <input type="search" value={filter} placeholder={t("conversations.find")} aria-label={t("conversations.find")} onChange={(event) => { setFilter(event.target.value); }} />
        <ul className="share-list">
          {listed.map(({ conversation, title }) => {
            const { conversationId, kind } = conversation;
            return (
              <li key={conversationId}>
                <label className="item forward-to" data-testid="forward-to">
                  <Avatar id={peerOf(conversation, me) ?? conversationId} name={title} isGroup={kind !== "direct"} />
                  <span className="item-title" dir="auto">{title}</span>
                  <input type="checkbox" checked={chosen.includes(conversationId)} onChange={() => { toggle(conversationId); }} />
                </label>
              </li>
            );
          })}
        </ul>
        {listed.length === 0 && <p>{t("conversations.findNone")}</p>}
        {forwarding.error !== null && <p className="error" role="alert">{forwarding.error}</p>}
        <button className="button button-primary" type="submit" disabled={chosen.length === 0 || forwarding.isBusy}>
          {t("messages.forwardAction", { count: chosen.length })}
        </button>
      </form>
    </Dialog>
  );
}
