import { lazy, type ReactNode, Suspense, useState } from "react";

import { doubtOf, hostOf } from "../core/links";
import { AWAY } from "./away";

const LinkDialog = lazy(() => import("./LinkDialog"));

interface LinkProps {
  readonly href: string;
  /** The words of the link, as text. */
  readonly text: string;
  readonly className?: string;
  readonly testId?: string;
  readonly children: ReactNode;
}

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
      {isAsking && (
        <Suspense>
          <LinkDialog href={href} doubt={doubt} onClose={() => { setAsking(false); }} />
        </Suspense>
      )}
    </>
  );
}
