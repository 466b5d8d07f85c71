/** Does what a command says that was written in the place of a message. */

import { lazy, type ReactNode, Suspense, useState } from "react";

import { commandIn, commandsIn, type Given, statusIn } from "../core/commands";
import { FOR_EVER } from "../core/mine";
import type { ConversationState } from "../core/state";
import { sentenceOf } from "./action";
import { useClient } from "./context";
import { useToast } from "./parts/toasts";
import { addressOf } from "./route";
import { useWords } from "./words";

const LeaveDialog = lazy(async () => ({ default: (await import("./details/LeaveDialog")).LeaveDialog }));

interface Commanding {
  /** Whether a text was a command. If so, it is done and `onDone` called, or said why not. */
  readonly run: (text: string, onDone: () => void) => boolean;
  readonly asking: ReactNode;
}

/** `onPoll` begins a poll with a question, which may be empty. */
export function useCommanding(chat: ConversationState, onPoll: (question: string) => void): Commanding {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const toast = useToast();
  const [isLeaving, setLeaving] = useState(false);
  const { conversationId } = chat.conversation;

  const invite = async () => {
    const link = addressOf(await client.groups.createInvite(conversationId));
    await navigator.clipboard.writeText(link).then(() => { toast(t("writing.invited")); }, () => { toast(link); });
  };
  const beSeen = async (said: string) => {
    const { preferences } = client.store.get();
    if (preferences !== null) {
      await client.account.beSeen({ ...preferences, status: { ...preferences.status, ...statusIn(said), endsAt: null } });
      toast(t(said === "" ? "writing.statusOff" : "writing.statusSet"));
    }
  };
  const mute = async (mutedUntil: number) => {
    await client.personal.prefer(conversationId, { mutedUntil });
    toast(t(mutedUntil === 0 ? "writing.unmuted" : "writing.muted"));
  };

  const done = async ({ name, words: said }: Given): Promise<void> => {
    switch (name) {
      case "poll":
        onPoll(said);
        break;
      case "status":
        await beSeen(said);
        break;
      case "mute":
        await mute(FOR_EVER);
        break;
      case "unmute":
        await mute(0);
        break;
      case "topic":
        await client.groups.set(conversationId, { topic: said });
        break;
      case "invite":
        await invite();
        break;
      case "leave":
        setLeaving(true);
        break;
    }
  };

  return {
    run: (text, onDone) => {
      const given = commandIn(text, commandsIn(chat, Date.now()));
      if (given?.isIncomplete === true) {
        toast(t("writing.commandWords", { command: given.name }));
      } else if (given !== null) {
        done(given).then(onDone, (failure: unknown) => { toast(sentenceOf(failure, words)); });
      }
      return given !== null;
    },
    asking: isLeaving && <Suspense><LeaveDialog chat={chat} onClose={() => { setLeaving(false); }} /></Suspense>,
  };
}
