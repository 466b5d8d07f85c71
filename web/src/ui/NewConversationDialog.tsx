import { type SyntheticEvent, useState } from "react";

import type { ConversationId } from "../core/types";
import { useAction } from "./action";
import { useClient } from "./context";
import { Field } from "./Field";
import { Dialog } from "./parts/Dialog";
import { SegmentedControl } from "./parts/SegmentedControl";
import { useText } from "./words";

interface NewConversationDialogProps {
  readonly onClose: () => void;
  readonly onCreated: (conversationId: ConversationId) => void;
}

type Kind = "direct" | "group";

const KINDS = [
  { value: "direct", label: "conversations.one", icon: "person" },
  { value: "group", label: "conversations.group", icon: "people" },
] as const;

export function NewConversationDialog({ onClose, onCreated }: NewConversationDialogProps) {
  const client = useClient();
  const t = useText();
  const action = useAction();
  const [kind, setKind] = useState<Kind>("direct");
  const [key] = useState(() => client.newMessageId());
  const [username, setUsername] = useState("");
  const [title, setTitle] = useState("");
  const [usernames, setUsernames] = useState("");

  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    void action.run(async () => {
      onCreated(kind === "direct" ? await client.groups.startDirect(named(username)) : await client.groups.create("group", title.trim(), listed(usernames), key));
    });
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
          <Field key="direct" label={t("account.userName")} name="username" value={username} onChange={setUsername} autoCapitalize="none" spellCheck={false} autoComplete="off" required />
        ) : (
          <>
            <Field key="group" label={t("conversations.title")} name="title" value={title} onChange={setTitle} maxLength={128} autoComplete="off" required />
            <Field
              label={t("conversations.members")}
              name="members"
              value={usernames}
              onChange={setUsernames}
              autoCapitalize="none"
              spellCheck={false}
              autoComplete="off"
              hint={t("conversations.membersHint")}
            />
          </>
        )}
        {action.error !== null && <p className="error" role="alert">{action.error}</p>}
        <button className="button button-primary button-wide" type="submit" disabled={action.isBusy}>
          {t(kind === "direct" ? "conversations.start" : "conversations.createGroup")}
        </button>
      </form>
    </Dialog>
  );
}

/** People write user names with the sign that they are shown with. */
function named(text: string): string {
  return text.trim().replace(/^@/, "").toLowerCase();
}

function listed(text: string): readonly string[] {
  return text.split(/[\s,;]+/).map(named).filter((name) => name !== "");
}
