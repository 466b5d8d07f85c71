import type { AnchorHTMLAttributes, MouseEvent } from "react";

import { go } from "./route";

interface PageLinkProps extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, "href" | "onClick"> {
  readonly to: string;
}

/** A link within the client. It opens elsewhere as any link does, by the keys and buttons of the browser for that. */
export function PageLink({ to, ...rest }: PageLinkProps) {
  const follow = (event: MouseEvent) => {
    if (event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      go(to);
    }
  };
  return <a {...rest} href={to} onClick={follow} />;
}
