import { useState } from "react";

import { isLanguage, type Language, LANGUAGES } from "../core/language";
import { Icon } from "./Icon";
import { useLanguages, useText } from "./words";

/** In which language everything is said. It is spoken as soon as it is chosen. */
export function LanguageSelect() {
  const languages = useLanguages();
  const t = useText();
  const [choice, setChoice] = useState(languages.choice);
  const choose = (value: string) => {
    const language: Language | null = isLanguage(value) ? value : null;
    setChoice(language);
    void languages.choose(language);
  };
  return (
    <div className="field">
      <span className="select">
        <select name="language" aria-label={t("common.language")} value={choice ?? ""} onChange={(event) => { choose(event.target.value); }}>
          <option value="">{t("common.languageBrowser")}</option>
          {Object.entries(LANGUAGES).map(([language, name]) => <option key={language} value={language} lang={language}>{name}</option>)}
        </select>
        <Icon name="unfold" size={16} />
      </span>
    </div>
  );
}
