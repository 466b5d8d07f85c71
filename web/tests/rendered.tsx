/** Draws components where English is spoken. */
import { configure, render } from "@testing-library/react";
import type { ReactNode } from "react";

import { WordsContext } from "../src/ui/words";
import { ENGLISH } from "./english";

// What is fetched when it is shown comes late where much else runs.
configure({ asyncUtilTimeout: 30_000 });

export function rendered(shown: ReactNode) {
  return render(shown, { wrapper: ({ children }) => <WordsContext value={ENGLISH}>{children}</WordsContext> });
}
