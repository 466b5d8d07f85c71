import { useCallback } from "react";

import { version } from "../../../package.json";
import { useClient } from "../context";
import { Icon } from "../Icon";
import { useLoaded } from "../loaded";
import { Logo } from "../Logo";
import { PageLink } from "../PageLink";
import { useText } from "../words";

/** What this is, and the pages beside it. */
export function AboutSection() {
  const client = useClient();
  const t = useText();
  const { value: isAdmin } = useLoaded(useCallback(() => client.isAdmin(), [client]));
  return (
    <>
      <div className="profile">
        <Logo size={64} />
        <div>
          <p className="profile-name">Elastic-Chat</p>
          <p className="field-hint">{t("settings.version", { version })}</p>
        </div>
      </div>
      <ul className="rows">
        <li>
          <a className="row" href="/api">
            <span className="row-icon"><Icon name="file" /></span>
            <span className="row-text">{t("settings.aboutApi")}</span>
          </a>
        </li>
        {isAdmin === true && (
          <>
            <li>
              <PageLink className="row" to="/admin">
                <span className="row-icon"><Icon name="shield" /></span>
                <span className="row-text">{t("settings.aboutAdmin")}</span>
              </PageLink>
            </li>
            <li>
              <a className="row" href="/ops">
                <span className="row-icon"><Icon name="unfold" /></span>
                <span className="row-text">{t("settings.aboutOps")}</span>
              </a>
            </li>
          </>
        )}
      </ul>
    </>
  );
}
