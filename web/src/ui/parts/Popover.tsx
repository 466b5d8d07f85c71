import { type ReactNode, useId, useLayoutEffect, useRef, useState } from "react";

import type { IconName } from "../Icon";
import { useDismissed, useFloating } from "./floating";
import { focusables, useFocusGivenBack } from "./focus";
import { Opener } from "./Opener";

interface PopoverProps {
  readonly label: string;
  readonly icon: IconName;
  readonly testId: string;
  readonly isDisabled?: boolean;
  /** What opens; it is told how to close itself. */
  readonly children: (close: () => void) => ReactNode;
}

/** A button that opens something small beside it, which is no menu: a choice of emoji, a form of a line. The page behind it stays usable. */
export function Popover({ label, icon, testId, isDisabled = false, children }: PopoverProps) {
  const [button, setButton] = useState<HTMLButtonElement | null>(null);
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const close = () => { setOpen(false); };
  return (
    <span className="popover-frame" data-open={isOpen}>
      <Opener ref={setButton} label={label} icon={icon} opens="dialog" id={id} isOpen={isOpen} isDisabled={isDisabled} testId={testId} onClick={() => { setOpen(!isOpen); }} />
      {isOpen && (
        <PopoverBody id={id} label={label} button={button} onClose={close}>
          {children(close)}
        </PopoverBody>
      )}
    </span>
  );
}

interface PopoverBodyProps {
  readonly id: string;
  readonly label: string;
  readonly button: HTMLButtonElement | null;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

function PopoverBody({ id, label, button, onClose, children }: PopoverBodyProps) {
  const body = useRef<HTMLDivElement>(null);
  useFocusGivenBack(body, true);
  useFloating(body, button, "top");
  useDismissed(body, button, onClose);

  useLayoutEffect(() => {
    if (body.current !== null) {
      (focusables(body.current)[0] ?? body.current).focus();
    }
  }, []);

  return (
    <div
      ref={body}
      id={id}
      className="popover"
      popover="manual"
      role="dialog"
      aria-label={label}
      tabIndex={-1}
      onBlur={({ currentTarget, relatedTarget }) => {
        if (relatedTarget instanceof Node && !currentTarget.contains(relatedTarget) && relatedTarget !== button) {
          onClose();
        }
      }}
    >
      {children}
    </div>
  );
}
