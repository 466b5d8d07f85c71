/** Blocks somebody no more, and says so. */

import { useCallback } from "react";

import type { UserId } from "../../core/types";
import { sentenceOf } from "../action";
import { useClient } from "../context";
import { useToast } from "../parts/toasts";
import { useWords } from "../words";

export function useUnblocking(): (userId: UserId, name: string) => void {
  const client = useClient();
  const words = useWords();
  const toast = useToast();
  return useCallback(
    (userId, name) => {
      const tell = (failure: unknown) => { toast(sentenceOf(failure, words)); };
      client.safety.unblock(userId).then(() => {
        toast(words.t("conversations.unblocked", { name }), () => { client.safety.block(userId).catch(tell); });
      }, tell);
    },
    [client, words, toast],
  );
}
