/** Draws components where English is spoken. */
import { render } from "@testing-library/react";
import type { ReactNode } from "react";

import { WordsContext } from "../src/ui/words";
import { ENGLISH } from "./english";

export function rendered(shown: ReactNode) {
  return render(shown, { wrapper: ({ children }) => <WordsContext value={ENGLISH}>{children}</WordsContext> });
}
