/** Choosing several messages of a list. */

import { useCallback, useMemo, useState } from "react";

import type { Powers } from "../core/actions";
import { begun, type Chosen, chosenOf, extended, selectable, type Selection, toggled, without } from "../core/selecting";
import type { Row } from "../core/timeline";

export interface Selecting {
  /** In their order; null while nobody chooses. */
  readonly chosen: readonly Chosen[] | null;
  /** What was chosen last; null while nobody chooses. */
  readonly anchor: number | null;
  readonly has: (seq: number) => boolean;
  readonly begin: (seq: number) => void;
  /** Chooses a message or no more, or everything up to it from what was chosen last. */
  readonly choose: (seq: number, isRange: boolean) => void;
  readonly drop: (seq: number) => void;
  readonly end: () => void;
}

/** `isFolded` tells what is not shown: nobody chooses that. */
export function useSelecting(rows: readonly Row[], powers: Powers, isFolded: (row: Row) => boolean): Selecting {
  const [selection, setSelection] = useState<Selection | null>(null);
  const open = useMemo(() => (selection === null ? [] : selectable(rows, powers)).filter((row) => !isFolded(row)), [selection, rows, powers, isFolded]);
  const begin = useCallback((seq: number) => { setSelection(begun(seq)); }, []);
  const drop = useCallback((seq: number) => { setSelection((before) => (before === null ? null : without(before, seq))); }, []);
  const end = useCallback(() => { setSelection(null); }, []);
  return {
    chosen: useMemo(() => (selection === null ? null : chosenOf(selection, open)), [selection, open]),
    anchor: selection?.anchor ?? null,
    has: (seq) => selection?.seqs.has(seq) === true,
    begin,
    choose: (seq, isRange) => {
      setSelection((before) => {
        if (before === null) {
          return null;
        }
        return isRange ? extended(before, open, seq) : toggled(before, seq);
      });
    },
    drop,
    end,
  };
}
