import safety from "virtual:texts/en/safety";

import { nameOf } from "../../core/select";
import type { State } from "../../core/state";
import type { UserId } from "../../core/types";
import { useClient, useSelected } from "../context";
import { Confirm } from "../parts/Confirm";
import { useToast } from "../parts/toasts";
import { alsoSaying, useWords } from "../words";

const partOf = ({ users }: State) => ({ users });

/** Says what a block does before somebody is blocked. */
function Block({ userId, onClose }: { readonly userId: UserId; readonly onClose: () => void }) {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const toast = useToast();
  const name = nameOf(useSelected(partOf), userId, words);
  const block = async () => {
    await client.safety.block(userId);
    toast(t("safety.blocked", { name }));
  };
  return (
    <Confirm title={t("safety.blockTitle", { name })} action={t("conversations.block")} isDanger onConfirm={block} onClose={onClose}>
      <p>{t("safety.blockDirect")}</p>
      <p>{t("safety.blockGroups", { name })}</p>
    </Confirm>
  );
}

export const BlockDialog = alsoSaying(Block, safety);
