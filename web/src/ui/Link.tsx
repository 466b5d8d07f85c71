import { type ReactNode, useState } from "react";

import { type Doubt, doubtOf, hostOf } from "../core/links";
import type { TextId } from "../core/texts";
import { Dialog } from "./parts/Dialog";
import { useText } from "./words";

interface LinkProps {
  readonly href: string;
  /** The words of the link, as text. */
  readonly text: string;
  readonly className?: string;
  readonly testId?: string;
  readonly children: ReactNode;
}

/** What any link to elsewhere tells the browser: the page there learns nothing of this one. */
const AWAY = { target: "_blank", rel: "noopener noreferrer nofollow" } as const;

const WHY: Readonly<Record<Doubt, TextId>> = {
  user_info: "messages.doubtUserInfo",
  encoded: "messages.doubtEncoded",
  scripts: "messages.doubtScripts",
  text: "messages.doubtText",
};

/** A link to elsewhere. One that may deceive leads nowhere by itself: it shows first where it would lead. */
export function Link({ href, text, className, testId, children }: LinkProps) {
  const [isAsking, setAsking] = useState(false);
  const doubt = doubtOf(href, text);
  if (doubt === null) {
    return (
      <a href={href} title={new URL(href).href} className={className} data-testid={testId} {...AWAY}>
        {children}
      </a>
    );
  }
  return (
    <>
      <button type="button" className={className ?? "link-doubtful"} title={hostOf(href)} data-testid={testId} data-doubt={doubt} onClick={() => { setAsking(true); }}>
        {children}
      </button>
      {isAsking && <LinkDialog href={href} doubt={doubt} onClose={() => { setAsking(false); }} />}
    </>
  );
}

function LinkDialog({ href, doubt, onClose }: { readonly href: string; readonly doubt: Doubt; readonly onClose: () => void }) {
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
