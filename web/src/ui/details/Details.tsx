import { useState } from "react";
import details from "virtual:texts/en/details";

import { nameOf, mayI, peerOf, titleOf } from "../../core/select";
import { myId, type State } from "../../core/state";
import { presenceText } from "../../core/wording";
import { useNow, useSelected } from "../context";
import { Avatar } from "../parts/Avatar";
import { type Tab, Tabs } from "../parts/Tabs";
import type { SideProps } from "../Side";
import { alsoSaying, useWords } from "../words";
import { About } from "./About";
import { Administration } from "./Administration";
import { Invites } from "./Invites";
import { Members } from "./Members";

type DetailsTab = "about" | "members" | "invites" | "settings";

const partOf = ({ session, users, presence }: State) => ({ session, users, presence });

/** What a conversation is, who is in it, and what the user may do about it. */
function Details({ chat, shown: { kind: panel } }: SideProps) {
  const words = useWords();
  const { t } = words;
  const state = useSelected(partOf);
  const now = useNow(30_000);
  const [chosen, setChosen] = useState<DetailsTab>(panel === "members" ? "members" : "about");
  const { conversation, members } = chat;
  const { conversationId, kind, topic } = conversation;
  const peer = peerOf(conversation, myId(state));
  const title = titleOf(state, conversation, words);
  const isCrowd = kind === "group" || kind === "channel";
  const presence = peer === null ? undefined : state.presence.get(peer);
  const subtitle = {
    direct: peer === null ? "" : `@${state.users.get(peer)?.username ?? ""}`,
    notes: t("details.notesHint"),
    group: t("details.groupOf", { count: members?.length ?? 0 }),
    channel: t("details.channelOf", { count: members?.length ?? 0 }),
  }[kind];

  const tabs: readonly Tab<DetailsTab>[] = [
    { id: "about", label: t("details.about"), content: <About chat={chat} /> },
    ...(isCrowd ? [{ id: "members" as const, label: t("conversations.members"), content: <Members chat={chat} /> }] : []),
    ...(isCrowd && mayI(chat, "invite") ? [{ id: "invites" as const, label: t("details.invites"), content: <Invites chat={chat} /> }] : []),
    ...(isCrowd && mayI(chat, "manage") ? [{ id: "settings" as const, label: t("details.settings"), content: <Administration chat={chat} /> }] : []),
  ];
  const shown = tabs.some(({ id }) => id === chosen) ? chosen : "about";

  return (
    <>
      <header className="details-head" data-testid="details">
        <Avatar id={peer ?? conversationId} name={title} size="large" isGroup={isCrowd} isOnline={presence?.online === true} />
        <h3 dir="auto">{title}</h3>
        <p className="field-hint">{peer === null ? subtitle : <bdi>{subtitle}</bdi>}</p>
        {peer !== null && <p className="field-hint">{presenceText(presence, now, words)}</p>}
        {topic !== "" && <p dir="auto">{topic}</p>}
        {isCrowd && (
          <p className="field-hint">{t("details.madeBy", { name: nameOf(state, conversation.creatorId, words) })}</p>
        )}
      </header>
      {tabs.length === 1 ? <About chat={chat} /> : <Tabs label={t("conversations.details")} tabs={tabs} chosen={shown} onChoose={setChosen} />}
    </>
  );
}

export default alsoSaying(Details, details);
