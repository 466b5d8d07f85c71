/** What the client says in English, for tests. */
import notifications from "virtual:texts/en/notifications";

import { Words } from "../src/core/words";
import { english } from "../src/locales/ops";

const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();

export const ENGLISH = new Words("en", { ...english, ...notifications }, { locale: "en", timeZone });
