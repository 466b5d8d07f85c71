import { type SyntheticEvent, useState } from "react";

import type { ConversationId, User } from "../core/types";
import { useAction } from "./action";
import { useClient } from "./context";
import { Field } from "./Field";
import { Icon } from "./Icon";
import { ManyPeopleField } from "./ManyPeopleField";
import { Dialog } from "./parts/Dialog";
import { SegmentedControl } from "./parts/SegmentedControl";
import { Switch } from "./parts/Switch";
import { PeopleField } from "./PeopleField";
import { listed, named } from "./usernames";
import { useText } from "./words";

interface NewConversationDialogProps {
  /** With whom, if that is known already; else empty. */
  readonly username: string;
  readonly onClose: () => void;
  readonly onCreated: (conversationId: ConversationId) => void;
  readonly onDiscover: () => void;
}

type Kind = "direct" | "group" | "channel";

const KINDS = [
  { value: "direct", label: "conversations.one", icon: "person" },
  { value: "group", label: "conversations.group", icon: "people" },
  { value: "channel", label: "conversations.channel", icon: "channel" },
] as const;

const NOBODY: ReadonlySet<string> = new Set();

export function NewConversationDialog({ username: given, onClose, onCreated, onDiscover }: NewConversationDialogProps) {
  const client = useClient();
  const t = useText();
  const action = useAction();
  const [kind, setKind] = useState<Kind>("direct");
  const [key] = useState(() => client.newMessageId());
  const [username, setUsername] = useState(given);
  const [title, setTitle] = useState("");
  const [topic, setTopic] = useState("");
  const [isPublic, setPublic] = useState(false);
  const [people, setPeople] = useState<readonly User[]>([]);
  const [usernames, setUsernames] = useState("");

  const startWith = (name: string) => {
    void action.run(async () => { onCreated(await client.groups.startDirect(name)); });
  };
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (kind === "direct") {
      startWith(named(username));
      return;
    }
    const members = [...people.map((one) => one.username), ...listed(usernames)];
    const settings = { ...(topic.trim() === "" ? {} : { topic: topic.trim() }), ...(isPublic ? { isPublic } : {}) };
    void action.run(async () => { onCreated(await client.groups.create(kind, title.trim(), members, key, settings)); });
  };

  return (
    <Dialog title={t("conversations.new")} onClose={onClose}>
      <form className="dialog-form" onSubmit={submit} data-testid="new-conversation-form">
        <SegmentedControl
          label={t("conversations.kind")}
          value={kind}
          options={KINDS.map((option) => ({ ...option, label: t(option.label) }))}
          onChange={(chosen) => {
            setKind(chosen);
            action.clear();
          }}
        />
        {kind === "direct" ? (
          <PeopleField
            key="direct"
            label={t("common.userName")}
            name="username"
            value={username}
            onChange={(value) => {
              setUsername(value);
              action.clear();
            }}
            onPick={(user) => { startWith(user.username); }}
            without={NOBODY}
            hint={t("conversations.oneHint")}
            isRequired
          />
        ) : (
          <>
            <p className="field-hint">{t(kind === "group" ? "conversations.groupHint" : "conversations.channelHint")}</p>
            <Field key="group" label={t("conversations.title")} name="title" value={title} onChange={setTitle} maxLength={128} autoComplete="off" required />
            <Field label={t("conversations.topic")} name="topic" value={topic} onChange={setTopic} maxLength={1_024} autoComplete="off" isOptional />
            <ManyPeopleField
              label={t("conversations.members")}
              name="members"
              people={people}
              onPeople={setPeople}
              value={usernames}
              onChange={setUsernames}
              hint={t("conversations.membersHint")}
            />
            <Switch label={t("conversations.public")} hint={t("conversations.publicHint")} isOn={isPublic} onChange={setPublic} />
          </>
        )}
        {action.error !== null && <p className="error" role="alert">{action.error}</p>}
        <button className="button button-primary button-wide" type="submit" disabled={action.isBusy}>
          {t(kind === "direct" ? "conversations.start" : kind === "group" ? "conversations.createGroup" : "conversations.createChannel")}
        </button>
      </form>
      <button className="button-link dialog-link" type="button" onClick={onDiscover}>
        <Icon name="globe" size={16} /> {t("conversations.discoverLink")}
      </button>
    </Dialog>
  );
}
