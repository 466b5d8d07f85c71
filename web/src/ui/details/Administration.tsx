import { type SyntheticEvent, useState } from "react";

import { type Permission, PERMISSIONS } from "../../core/permissions";
import type { ConversationState } from "../../core/state";
import type { TextId } from "../../core/texts";
import type { ConversationSettings } from "../../core/types";
import { sentenceOf, useAction } from "../action";
import { useClient } from "../context";
import { Field } from "../Field";
import { Select } from "../parts/Select";
import { Switch } from "../parts/Switch";
import { useToast } from "../parts/toasts";
import { PictureField } from "../PictureField";
import { useWords } from "../words";
import { SLOW_MODES, spanOptions } from "./seconds";

const MAY: readonly (readonly [Permission, TextId])[] = [
  ["write", "details.mayWrite"],
  ["addMembers", "details.mayAdd"],
  ["invite", "details.mayInvite"],
  ["pin", "details.mayPin"],
  ["mentionAll", "details.mayMentionAll"],
];

/** What the role of a member gives where a conversation does not say. */
const USUAL = PERMISSIONS.read | PERMISSIONS.write | PERMISSIONS.addMembers;

/** What those who administer a group or channel set of it. */
export function Administration({ chat }: { readonly chat: ConversationState }) {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const toast = useToast();
  const naming = useAction();
  const { conversation } = chat;
  const { conversationId, avatarFileId, isPublic, slowModeS, memberPermissions } = conversation;
  const [title, setTitle] = useState(conversation.title);
  const [topic, setTopic] = useState(conversation.topic);
  const permitted = memberPermissions === 0 ? USUAL : memberPermissions;
  const changed = {
    ...(title.trim() === conversation.title ? {} : { title: title.trim() }),
    ...(topic.trim() === conversation.topic ? {} : { topic: topic.trim() }),
  };

  const set = (settings: Partial<ConversationSettings>) => {
    client.groups.set(conversationId, settings).catch((failure: unknown) => { toast(sentenceOf(failure, words)); });
  };
  const name = (event: SyntheticEvent) => {
    event.preventDefault();
    void naming.run(() => client.groups.set(conversationId, changed), () => { toast(t("details.saved")); });
  };

  return (
    <div className="details-part">
      <PictureField id={conversationId} name={conversation.title} isGroup hasPicture={avatarFileId !== null} onChange={(fileId) => client.groups.set(conversationId, { avatarFileId: fileId })} />
      <form className="dialog-form" onSubmit={name}>
        <Field label={t("conversations.title")} name="title" value={title} onChange={setTitle} maxLength={128} autoComplete="off" required />
        <Field label={t("conversations.topic")} name="topic" value={topic} onChange={setTopic} maxLength={1_024} autoComplete="off" isOptional />
        {naming.error !== null && <p className="error" role="alert">{naming.error}</p>}
        <button className="button button-primary" type="submit" disabled={naming.isBusy || Object.keys(changed).length === 0}>{t("details.save")}</button>
      </form>
      <Switch label={t("conversations.public")} hint={t("conversations.publicHint")} isOn={isPublic} onChange={(isOn) => { set({ isPublic: isOn }); }} />
      <Select
        label={t("details.slowMode")}
        hint={t("details.slowModeHint")}
        value={String(slowModeS)}
        options={spanOptions(SLOW_MODES, slowModeS, t("details.slowModeOff"), words)}
        onChange={(seconds) => { set({ slowModeS: Number(seconds) }); }}
      />
      <section className="setting" aria-label={t("details.may")}>
        <h3>{t("details.may")}</h3>
        {MAY.map(([permission, label]) => {
          const bit = PERMISSIONS[permission];
          return <Switch key={permission} label={t(label)} isOn={(permitted & bit) !== 0} onChange={() => { set({ memberPermissions: permitted ^ bit }); }} />;
        })}
      </section>
    </div>
  );
}
