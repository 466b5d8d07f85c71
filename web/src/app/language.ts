/** What language the page speaks: the one that was chosen in this browser, or the first of the browser's that there is. */

import { DEFAULT_LANGUAGE, type Language, languageFor, localeFor } from "../core/language";
import type { Catalogue } from "../core/texts";
import { Words } from "../core/words";
import { chosenLanguage, keepLanguage, LANGUAGE_KEY, leaveLanguage } from "../net/language";
import { Store } from "./store";

/** Fetches the texts of a language. English is there already. */
export type Catalogues = Readonly<Record<Language, () => Promise<Catalogue>>>;

export class Languages {
  readonly store: Store<Words, Words>;
  /** Of two that were asked for at once, the later one counts. */
  private era = 0;

  /** Speaks English until `start` is done. */
  constructor(
    private readonly catalogues: Catalogues,
    english: Catalogue,
  ) {
    this.store = new Store<Words, Words>((_, next) => next, wordsOf(DEFAULT_LANGUAGE, english));
  }

  /** Null if it follows the browser. */
  get choice(): Language | null {
    return chosenLanguage();
  }

  /** Speaks as it should. If the texts of that language can't be had, it goes on as before. */
  async start(): Promise<void> {
    await this.speak(this.choice ?? languageFor(navigator.languages));
  }

  /** Speaks another language from now on; null leaves it to the browser. */
  async choose(language: Language | null): Promise<void> {
    keepLanguage(language);
    await this.start();
  }

  /** Another tab has changed what all of them share. */
  storageChanged(key: string | null): void {
    if (key === LANGUAGE_KEY || key === null) {
      void this.start();
    }
  }

  private async speak(language: Language): Promise<void> {
    this.era += 1;
    const { era } = this;
    const words = language === this.store.get().language ? this.store.get() : await this.catalogues[language]().then((texts) => wordsOf(language, texts)).catch(() => null);
    if (words !== null && era === this.era) {
      document.documentElement.lang = language;
      document.documentElement.dir = words.direction;
      this.store.dispatch(words);
      await leaveLanguage(language).catch(() => undefined);
    }
  }
}

function wordsOf(language: Language, texts: Catalogue): Words {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  return new Words(language, texts, { locale: localeFor(language, navigator.languages), timeZone });
}
