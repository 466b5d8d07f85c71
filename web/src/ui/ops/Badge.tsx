import type { Health } from "../../core/ops/graph";
import type { Process } from "../../core/ops/report";

/** How something is: by a shape, a colour and a word, so that it can be told without any one of them. */
export function Badge({ health, words }: { readonly health: Health; readonly words?: string }) {
  const said = { well: "healthy", ill: "not well", out: "taken out", unknown: "unknown" }[health];
  return (
    <span className="badge-health" data-health={health}>
      <span className="badge-mark" aria-hidden="true" />
      {words ?? said}
    </span>
  );
}

/** What says more than whether it is well: a state that is not `running`. */
export function wordsOf({ state }: Process): { readonly words?: string } {
  return state === "running" ? {} : { words: state };
}
