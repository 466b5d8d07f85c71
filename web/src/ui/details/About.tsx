import { useState } from "react";

import { FOR_EVER, isMute } from "../../core/mine";
import { blockedUsers, mayI, peerOf, titleOf } from "../../core/select";
import { type ConversationState, myId, type State } from "../../core/state";
import type { Mine, Told } from "../../core/types";
import { sentenceOf } from "../action";
import { useClient, useNow, useSelected } from "../context";
import { Select } from "../parts/Select";
import { useToast } from "../parts/toasts";
import { useGuarding } from "../safety/guarding";
import { useUnblocking } from "../safety/unblocking";
import { useWords } from "../words";
import { LeaveDialog } from "./LeaveDialog";
import { LIFETIMES, MUTES, spanOptions } from "./seconds";

const TOLD = [
  { value: "all", label: "details.toldAll" },
  { value: "mentions", label: "details.toldMentions" },
  { value: "nothing", label: "details.toldNothing" },
] as const satisfies readonly { readonly value: Told; readonly label: string }[];

/** As it is: mute until some time, and not for one of the spans that are offered. */
const AS_IT_IS = "as-it-is";
const EVER = "ever";

const partOf = ({ session, users, preferences }: State) => ({ session, users, preferences });

/** How the user has a conversation for themselves, and the way out of it. */
export function About({ chat }: { readonly chat: ConversationState }) {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const toast = useToast();
  const now = useNow(30_000);
  const state = useSelected(partOf);
  const [isLeaving, setLeaving] = useState(false);
  const { ask, asking } = useGuarding();
  const unblock = useUnblocking();
  const { conversation } = chat;
  const { conversationId, kind, messageTtlS } = conversation;
  const { mine } = chat.kept;
  const isQuiet = isMute(mine, now);
  const title = titleOf(state, conversation, words);
  const peer = peerOf(conversation, myId(state));
  const isBlocked = peer !== null && blockedUsers(state).has(peer);
  const isCrowd = kind === "group" || kind === "channel";

  const tell = (failure: unknown) => { toast(sentenceOf(failure, words)); };
  const prefer = (changed: Partial<Mine>) => { client.personal.prefer(conversationId, changed).catch(tell); };
  const mute = (chosen: string) => {
    if (chosen !== AS_IT_IS) {
      prefer({ mutedUntil: chosen === EVER ? FOR_EVER : chosen === "0" ? 0 : Date.now() + Number(chosen) * 1_000 });
    }
  };
  const muteNow = !isQuiet ? "0" : mine.mutedUntil >= FOR_EVER ? EVER : AS_IT_IS;
  const mutes = [
    { value: "0", label: t("details.muteOff") },
    ...(muteNow === AS_IT_IS ? [{ value: AS_IT_IS, label: t("details.muteUntil", { time: words.moment(mine.mutedUntil) }) }] : []),
    ...MUTES.map((seconds) => ({ value: String(seconds), label: t("details.muteFor", { time: words.duration(seconds) }) })),
    { value: EVER, label: t("details.muteEver") },
  ];

  return (
    <div className="details-part">
      {kind !== "notes" && (
        <>
          <Select label={t("details.told")} value={mine.told} options={TOLD.map(({ value, label }) => ({ value, label: t(label) }))} onChange={(told) => { prefer({ told }); }} />
          <Select label={t("conversations.mute")} value={muteNow} options={mutes} onChange={mute} />
        </>
      )}
      {(!isCrowd || mayI(chat, "manage")) && (
        <Select
          label={t("details.ttl")}
          hint={t("details.ttlHint")}
          value={String(messageTtlS)}
          options={spanOptions(LIFETIMES, messageTtlS, t("details.ttlNever"), words)}
          onChange={(seconds) => { client.groups.set(conversationId, { messageTtlS: Number(seconds) }).catch(tell); }}
        />
      )}
      {kind !== "notes" && (
        <div className="details-foot">
          {isCrowd && (
            <button className="button button-danger" type="button" onClick={() => { setLeaving(true); }}>
              {t(kind === "group" ? "details.leave" : "details.leaveChannel")}
            </button>
          )}
          {peer !== null && isBlocked && <button className="button" type="button" onClick={() => { unblock(peer, title); }}>{t("conversations.unblock")}</button>}
          {peer !== null && !isBlocked && <button className="button button-danger" type="button" onClick={() => { ask({ type: "block", userId: peer }); }}>{t("conversations.block")}</button>}
          <button className="button button-danger" type="button" onClick={() => { ask({ type: "report", what: peer === null ? { conversationId } : { userId: peer }, author: peer }); }}>
            {t("conversations.report")}
          </button>
        </div>
      )}
      {asking}
      {isLeaving && <LeaveDialog chat={chat} onClose={() => { setLeaving(false); }} />}
    </div>
  );
}
