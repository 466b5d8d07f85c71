import { nameOf } from "../../core/select";
import type { State } from "../../core/state";
import type { Block } from "../../core/types";
import { useSelected } from "../context";
import { Avatar } from "../parts/Avatar";
import { Group } from "../settings/Group";
import { useWords } from "../words";
import { useUnblocking } from "./unblocking";

const partOf = ({ users }: State) => ({ users });

/** Whom the user has blocked, the newest first, and the way to take that back. */
export function BlockedPeople({ blocks }: { readonly blocks: readonly Block[] }) {
  const words = useWords();
  const { t } = words;
  const unblock = useUnblocking();
  const state = useSelected(partOf);
  return (
    <Group title={t("safety.list")} hint={t(blocks.length === 0 ? "safety.listNone" : "safety.listHint")}>
      <ul className="rows" data-testid="blocked-people">
        {[...blocks].reverse().map(({ userId, at }) => {
          const name = nameOf(state, userId, words);
          const username = state.users.get(userId)?.username ?? "";
          return (
            <li key={userId} className="row">
              <Avatar id={userId} name={name} />
              <div className="row-text">
                <p className="row-title" dir="auto">{name}</p>
                <p className="field-hint">
                  {username !== "" && <bdi>@{username}</bdi>} {t("safety.since", { time: words.moment(at) })}
                </p>
              </div>
              <button className="button" type="button" aria-label={t("safety.unblockNamed", { name })} onClick={() => { unblock(userId, name); }}>{t("conversations.unblock")}</button>
            </li>
          );
        })}
      </ul>
    </Group>
  );
}
