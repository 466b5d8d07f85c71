import type { Health } from "../../core/ops/graph";
import type { Process } from "../../core/ops/report";
import type { TextId } from "../../core/texts";
import { useText } from "../words";

const SAID: Readonly<Record<Health, TextId>> = { well: "ops.well", ill: "ops.notWell", out: "ops.takenOut", unknown: "ops.unknown" };

/** How something is: by a shape, a colour and a word, so that it can be told without any one of them. */
export function Badge({ health, words }: { readonly health: Health; readonly words?: string }) {
  const t = useText();
  return (
    <span className="badge-health" data-health={health}>
      <span className="badge-mark" aria-hidden="true" />
      {words ?? t(SAID[health])}
    </span>
  );
}

/** What says more than whether it is well: a state that is not `running`. */
export function wordsOf({ state }: Process): { readonly words?: string } {
  return state === "running" ? {} : { words: state };
}
