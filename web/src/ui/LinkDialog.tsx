import { type Doubt, hostOf } from "../core/links";
import type { TextId } from "../core/texts";
import { AWAY } from "./away";
import { Dialog } from "./parts/Dialog";
import { useText } from "./words";

const WHY: Readonly<Record<Doubt, TextId>> = {
  user_info: "messages.doubtUserInfo",
  encoded: "messages.doubtEncoded",
  scripts: "messages.doubtScripts",
  text: "messages.doubtText",
};

/** Shows where a link leads that may deceive. */
export default function LinkDialog({ href, doubt, onClose }: { readonly href: string; readonly doubt: Doubt; readonly onClose: () => void }) {
  const t = useText();
  return (
    <Dialog title={t("messages.doubtTitle")} onClose={onClose}>
      <p>{t(WHY[doubt])} {t("messages.doubtHost")}</p>
      <p className="link-host" dir="ltr" data-testid="link-host">{hostOf(href)}</p>
      <div className="dialog-foot">
        <a className="button button-primary" href={href} data-testid="link-open" onClick={onClose} {...AWAY}>
          {t("messages.doubtOpen")}
        </a>
        <button className="button" type="button" onClick={onClose}>{t("messages.doubtStay")}</button>
      </div>
    </Dialog>
  );
}
