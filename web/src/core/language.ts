/** The languages that the client speaks, and which of them suits a reader. */

/** By their names in themselves, for those who look for their own. */
export const LANGUAGES = { ar: "العربية", de: "Deutsch", en: "English", es: "Español", zh: "简体中文" } as const;

export type Language = keyof typeof LANGUAGES;

/** What is spoken to those whose languages are none of them. */
export const DEFAULT_LANGUAGE: Language = "en";

export function isLanguage(value: unknown): value is Language {
  return typeof value === "string" && value in LANGUAGES;
}

export function directionOf(language: Language): "ltr" | "rtl" {
  return language === "ar" ? "rtl" : "ltr";
}

/** The first language of a browser's that is spoken here. */
export function languageFor(preferred: readonly string[]): Language {
  return preferred.map((tag) => tag.split("-", 1)[0]?.toLowerCase()).find(isLanguage) ?? DEFAULT_LANGUAGE;
}

/** How a reader of a language writes numbers and times: as where they live, if their browser tells, in the script of our messages. */
export function localeFor(language: Language, preferred: readonly string[]): string {
  const { script } = new Intl.Locale(language).maximize();
  return preferred.filter(isTag).find((tag) => languageFor([tag]) === language && new Intl.Locale(tag).maximize().script === script) ?? language;
}

function isTag(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length === 1;
  } catch {
    return false;
  }
}
