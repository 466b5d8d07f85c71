import { nameOf } from "../../core/select";
import { myId, type State } from "../../core/state";
import type { UserId } from "../../core/types";
import { useSelected } from "../context";
import { useWords } from "../words";

const partOf = ({ session, users }: State) => ({ session, users });

export interface Me {
  readonly userId: UserId;
  readonly name: string;
  readonly username: string;
}

/** Who is logged in. */
export function useMe(): Me | null {
  const words = useWords();
  const state = useSelected(partOf);
  const userId = myId(state);
  return userId === null ? null : { userId, name: nameOf(state, userId, words), username: state.users.get(userId)?.username ?? "" };
}
