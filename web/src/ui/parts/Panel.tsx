import { type ReactNode, useId, useLayoutEffect, useRef } from "react";

import { Icon } from "../Icon";
import { useText } from "../words";
import { useEscape, useFocusGivenBack } from "./focus";

interface PanelProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** Something beside the conversation: a thread, details, what was found. On phones it has the screen, and its button leads back. */
export function Panel({ title, onClose, children }: PanelProps) {
  const panel = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const id = useId();
  const t = useText();
  useFocusGivenBack(panel, true);
  useEscape(panel, onClose);
  useLayoutEffect(() => { heading.current?.focus(); }, []);

  return (
    <aside ref={panel} className="panel" aria-labelledby={id} data-testid="panel">
      <header className="panel-head">
        <button className="button-icon panel-back" type="button" onClick={onClose} aria-label={t("common.back")}>
          <Icon name="back" />
        </button>
        <h2 ref={heading} id={id} tabIndex={-1}>{title}</h2>
        <button className="button-icon panel-close" type="button" onClick={onClose} aria-label={t("common.close")}>
          <Icon name="close" />
        </button>
      </header>
      <div className="panel-body">{children}</div>
    </aside>
  );
}
