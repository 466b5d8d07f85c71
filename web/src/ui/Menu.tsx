import { type ReactNode, useRef } from "react";

import { Icon, type IconName } from "./Icon";

interface MenuProps {
  readonly label: string;
  readonly icon?: IconName;
  readonly testId: string;
  readonly children: ReactNode;
}

/** A button that shows some more. It closes when one of them is chosen, or something else gets the focus. */
export function Menu({ label, icon = "more", testId, children }: MenuProps) {
  const details = useRef<HTMLDetailsElement>(null);
  const close = () => {
    if (details.current !== null) {
      details.current.open = false;
    }
  };
  return (
    <details
      ref={details}
      className="menu"
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) {
          close();
        }
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") {
          close();
        }
      }}
    >
      <summary className="button-icon" aria-label={label} title={label} data-testid={testId}>
        <Icon name={icon} size={18} />
      </summary>
      <div className="menu-items" role="group" aria-label={label} onClick={close}>
        {children}
      </div>
    </details>
  );
}

export function MenuItem({ onChoose, children }: { readonly onChoose: () => void; readonly children: ReactNode }) {
  return (
    <button className="menu-item" type="button" onClick={onChoose}>
      {children}
    </button>
  );
}
