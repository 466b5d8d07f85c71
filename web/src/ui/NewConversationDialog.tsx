import { type SyntheticEvent, useState } from "react";

import type { ConversationId } from "../core/types";
import { useAction } from "./action";
import { useClient } from "./context";
import { Field } from "./Field";
import { Dialog } from "./parts/Dialog";
import { SegmentedControl } from "./parts/SegmentedControl";

interface NewConversationDialogProps {
  readonly onClose: () => void;
  readonly onCreated: (conversationId: ConversationId) => void;
}

type Kind = "direct" | "group";

const KINDS = [
  { value: "direct", label: "One person", icon: "person" },
  { value: "group", label: "Group", icon: "people" },
] as const;

export function NewConversationDialog({ onClose, onCreated }: NewConversationDialogProps) {
  const client = useClient();
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
    <Dialog title="New conversation" onClose={onClose}>
      <form className="dialog-form" onSubmit={submit} data-testid="new-conversation-form">
        <SegmentedControl
          label="Kind of conversation"
          value={kind}
          options={KINDS}
          onChange={(chosen) => {
            setKind(chosen);
            action.clear();
          }}
        />
        {kind === "direct" ? (
          <Field key="direct" label="User name" name="username" value={username} onChange={setUsername} autoCapitalize="none" spellCheck={false} autoComplete="off" required />
        ) : (
          <>
            <Field key="group" label="Title" name="title" value={title} onChange={setTitle} maxLength={128} autoComplete="off" required />
            <Field
              label="Members"
              name="members"
              value={usernames}
              onChange={setUsernames}
              autoCapitalize="none"
              spellCheck={false}
              autoComplete="off"
              hint="User names, with spaces or commas between them."
            />
          </>
        )}
        {action.error !== null && <p className="error" role="alert">{action.error}</p>}
        <button className="button button-primary button-wide" type="submit" disabled={action.isBusy}>
          {kind === "direct" ? "Start conversation" : "Create group"}
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
