import type { KeyboardEvent, Ref } from "react";

import { Icon, type IconName } from "../Icon";

interface OpenerProps {
  readonly ref: Ref<HTMLButtonElement>;
  readonly label: string;
  readonly icon: IconName;
  readonly size?: number;
  readonly opens: "menu" | "dialog";
  /** What it opens, by its id. */
  readonly id: string;
  readonly isOpen: boolean;
  readonly isDisabled?: boolean;
  readonly testId: string;
  readonly onClick: () => void;
  readonly onKeyDown?: (event: KeyboardEvent<HTMLButtonElement>) => void;
}

/** A sign that opens something beside it, and closes it again. */
export function Opener({ ref, label, icon, size = 20, opens, id, isOpen, isDisabled = false, testId, onClick, onKeyDown }: OpenerProps) {
  return (
    <button
      ref={ref}
      className="button-icon"
      type="button"
      aria-label={label}
      title={label}
      aria-haspopup={opens}
      aria-expanded={isOpen}
      {...(isOpen ? { "aria-controls": id } : {})}
      disabled={isDisabled}
      data-testid={testId}
      onClick={onClick}
      onKeyDown={onKeyDown}
    >
      <Icon name={icon} size={size} />
    </button>
  );
}
