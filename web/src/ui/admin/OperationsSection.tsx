import { Icon } from "../Icon";
import { useText } from "../words";

/** The ways to what else administrators look at. */
export function OperationsSection() {
  const t = useText();
  return (
    <ul className="rows">
      <li>
        <a className="row" href="/ops">
          <span className="row-icon"><Icon name="unfold" /></span>
          <span className="row-text">
            <span className="row-title">{t("settings.aboutOps")}</span>
            <span className="field-hint row-hint">{t("admin.opsHint")}</span>
          </span>
        </a>
      </li>
      <li>
        <a className="row" href="/api">
          <span className="row-icon"><Icon name="file" /></span>
          <span className="row-text row-title">{t("settings.aboutApi")}</span>
        </a>
      </li>
    </ul>
  );
}
