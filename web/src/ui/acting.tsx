import { lazy, type ReactNode, Suspense, useCallback, useState } from "react";

import type { MessageAction } from "../core/actions";
import type { MessageRow } from "../core/timeline";
import type { ConversationId } from "../core/types";
import { sentenceOf } from "./action";
import { useClient } from "./context";
import { useToast } from "./parts/toasts";
import { usePanels } from "./panels";
import { messageAddress } from "./route";
import { useGuarding } from "./safety/guarding";
import { useWords } from "./words";

const Confirm = lazy(async () => ({ default: (await import("./parts/Confirm")).Confirm }));
const ForwardDialog = lazy(async () => ({ default: (await import("./ForwardDialog")).ForwardDialog }));

/** Does something with a message. It stays the same function, so that no message is drawn anew for it. */
export type Act = (action: MessageAction, row: MessageRow) => void;

interface Asked {
  readonly action: "forward" | "delete";
  readonly seq: number;
}

const nothing = () => undefined;

/**
 * What can be done with the messages of a conversation, or of one of its threads, and what is asked before that. `onSelect` begins to choose
 * several; it must stay the same function.
 */
export function useActing(conversationId: ConversationId, thread: number | null = null, onSelect: (row: MessageRow) => void = nothing): { readonly act: Act; readonly asking: ReactNode } {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const toast = useToast();
  const panels = usePanels();
  const [asked, setAsked] = useState<Asked | null>(null);
  const { ask, asking: guarding } = useGuarding();
  const close = useCallback(() => { setAsked(null); }, []);

  const act = useCallback<Act>(
    (action, row) => {
      const { seq, shown, senderId } = row;
      if (seq === null) {
        return;
      }
      const attempt = (task: Promise<unknown>, done: string | null = null, undo: (() => void) | null = null) => {
        task.then(
          () => {
            if (done !== null) {
              toast(done, undo);
            }
          },
          (failure: unknown) => { toast(sentenceOf(failure, words)); },
        );
      };
      const star = (isStarred: boolean) => client.personal.star(conversationId, seq, isStarred);
      const pin = (isPinned: boolean) => client.messages.change(conversationId, seq, { type: "pin", isRemoved: !isPinned });
      switch (action) {
        case "reply":
          client.composition.reply({ conversationId, thread }, seq);
          break;
        case "edit":
          client.composition.edit({ conversationId, thread }, seq, shown.text);
          break;
        case "thread":
          panels.open(conversationId, { kind: "thread", seq: shown.thread ?? seq });
          break;
        case "copy":
          attempt(navigator.clipboard.writeText(shown.text), t("messages.copied"));
          break;
        case "link":
          attempt(navigator.clipboard.writeText(messageAddress(conversationId, seq)), t("messages.linkCopied"));
          break;
        case "select":
          onSelect(row);
          break;
        case "star":
          attempt(star(true), t("messages.starred"), () => { attempt(star(false)); });
          break;
        case "pin":
          attempt(pin(!shown.isPinned), t(shown.isPinned ? "messages.unpinned" : "messages.pinnedNow"), () => { attempt(pin(shown.isPinned)); });
          break;
        case "info":
          panels.open(conversationId, { kind: "info", seq });
          break;
        case "hide":
          attempt(client.personal.hide(conversationId, seq));
          break;
        case "report":
          ask({ type: "report", what: { conversationId, seq }, author: senderId });
          break;
        case "forward":
        case "delete":
          setAsked({ action, seq });
          break;
      }
    },
    [client, words, t, toast, panels, ask, conversationId, thread, onSelect],
  );

  const asking = asked !== null && (
    <Suspense>
      {asked.action === "delete" ? (
        <Confirm
          title={t("messages.deleteTitle")}
          action={t("messages.deleteAction")}
          isDanger
          onConfirm={() => client.messages.change(conversationId, asked.seq, { type: "deletion" })}
          onClose={close}
        >
          <p>{t("messages.deleteText")}</p>
        </Confirm>
      ) : (
        <ForwardDialog from={conversationId} seqs={[asked.seq]} onClose={close} />
      )}
    </Suspense>
  );
  return { act, asking: asking === false ? guarding : asking };
}
