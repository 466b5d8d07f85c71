import { lazy, Suspense, useRef, useState } from "react";
import selecting from "virtual:texts/en/selecting";

import type { Powers } from "../core/actions";
import { type Chosen, copiedText, MOST, togetherOf, type TogetherAction } from "../core/selecting";
import type { ConversationId, UserId } from "../core/types";
import { sentenceOf } from "./action";
import { LOOKS } from "./action_looks";
import { useClient } from "./context";
import { Icon } from "./Icon";
import { Confirm } from "./parts/Confirm";
import { useEscape } from "./parts/focus";
import { useToast } from "./parts/toasts";
import type { Selecting } from "./selecting";
import { useStopping } from "./stopping";
import { alsoSaying, useWords } from "./words";

const ForwardDialog = lazy(async () => ({ default: (await import("./ForwardDialog")).ForwardDialog }));

/** What is to be done with which, as they were chosen when it was asked for: of those that are left after a failure. */
interface Asked {
  readonly action: "forward" | "hide" | "delete";
  readonly seqs: readonly number[];
}

interface SelectionBarProps {
  readonly conversationId: ConversationId;
  readonly chosen: readonly Chosen[];
  readonly powers: Powers;
  readonly nameOf: (userId: UserId) => string;
  readonly onDone: Selecting["drop"];
  readonly onClose: () => void;
}

/** In the place of what one writes in, while messages are chosen: how many, and what can be done with all of them. */
function SelectionBar({ conversationId, chosen, powers, nameOf, onDone, onClose }: SelectionBarProps) {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const toast = useToast();
  const bar = useRef<HTMLDivElement>(null);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [isBusy, setBusy] = useState(false);
  const { begin, stop } = useStopping();
  const possible = togetherOf(chosen, powers);
  const count = chosen.length;
  useEscape(bar, onClose);

  /** One after the other, until it is stopped. What is done is chosen no more, so that after a failure only the rest is tried again. */
  const forEach = async (seqs: readonly number[], task: (seq: number) => Promise<unknown>) => {
    const signal = begin();
    for (const [at, seq] of seqs.entries()) {
      if (signal.aborted) {
        return;
      }
      try {
        await task(seq);
      } catch (failure) {
        setAsked((before) => (before === null ? null : { ...before, seqs: seqs.slice(at) }));
        throw failure;
      }
      onDone(seq);
    }
    if (!signal.aborted) {
      onClose();
    }
  };
  const attempt = (task: Promise<unknown>, done: string) => {
    setBusy(true);
    task.then(() => { toast(done); }, (failure: unknown) => { toast(sentenceOf(failure, words)); }).finally(() => { setBusy(false); });
  };
  const act = (action: TogetherAction) => {
    switch (action) {
      case "copy":
        attempt(navigator.clipboard.writeText(copiedText(chosen, nameOf, (at) => words.moment(at))).then(onClose), t("messages.copied"));
        break;
      case "star":
        attempt(forEach(chosen.map(({ seq }) => seq), (seq) => client.personal.star(conversationId, seq, true)), t("messages.starred"));
        break;
      case "forward":
      case "hide":
      case "delete":
        setAsked({ action, seqs: chosen.map(({ seq }) => seq) });
        break;
    }
  };

  return (
    <div className="selection" ref={bar} role="group" aria-label={t("selecting.bar")} data-testid="selection">
      <button className="button-icon" type="button" aria-label={t("common.cancel")} data-tip={t("common.cancel")} onClick={onClose}>
        <Icon name="close" />
      </button>
      <p role="status" data-testid="selection-count">{t(count < MOST ? "selecting.count" : "selecting.full", { count })}</p>
      {possible.map((action) => (
        <button
          key={action}
          className={action === "delete" ? "button-icon button-danger" : "button-icon"}
          type="button"
          disabled={isBusy}
          aria-label={t(LOOKS[action].label)}
          data-tip={t(LOOKS[action].label)}
          onClick={() => { act(action); }}
        >
          <Icon name={LOOKS[action].icon} />
        </button>
      ))}
      {asked?.action === "forward" && (
        <Suspense>
          <ForwardDialog from={conversationId} seqs={asked.seqs} onForwarded={onClose} onClose={() => { setAsked(null); }} />
        </Suspense>
      )}
      {asked !== null && asked.action !== "forward" && (
        <Confirm
          title={t(asked.action === "delete" ? "selecting.deleteTitle" : "selecting.hideTitle", { count: asked.seqs.length })}
          action={t("messages.deleteAction")}
          isDanger
          onConfirm={() =>
            forEach(asked.seqs, (seq) => (asked.action === "delete" ? client.messages.change(conversationId, seq, { type: "deletion" }) : client.personal.hide(conversationId, seq)))
          }
          onClose={() => {
            stop();
            setAsked(null);
          }}
        >
          <p>{t(asked.action === "delete" ? "selecting.deleteText" : "selecting.hideText")}</p>
        </Confirm>
      )}
    </div>
  );
}

export default alsoSaying(SelectionBar, selecting);
