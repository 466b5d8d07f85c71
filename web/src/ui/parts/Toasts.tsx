import { Icon } from "../Icon";
import { useText } from "../words";
import { useToasts } from "./toasts";

/** Where toasts stand. It is there from the beginning: a live region says only what comes into it. */
export function Toasts() {
  const [toasts, rack] = useToasts();
  const t = useText();
  return (
    <div
      className="toasts"
      role="status"
      aria-live="polite"
      data-testid="toasts"
      onPointerEnter={rack.hold}
      onPointerLeave={rack.release}
      onFocus={rack.hold}
      onBlur={rack.release}
    >
      {toasts.map(({ id, text, undo }) => (
        <div key={id} className="toast">
          <span className="toast-text">{text}</span>
          {undo !== null && (
            <button
              className="toast-undo"
              type="button"
              onClick={() => {
                rack.close(id);
                undo();
              }}
            >
              {t("common.undo")}
            </button>
          )}
          <button className="toast-close" type="button" aria-label={t("common.dismiss")} onClick={() => { rack.close(id); }}>
            <Icon name="close" size={16} />
          </button>
        </div>
      ))}
    </div>
  );
}
