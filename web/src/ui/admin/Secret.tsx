import { useAction } from "../action";
import { useToast } from "../parts/toasts";
import { useText } from "../words";

/** Something that is shown this once, to be taken along. */
export function Secret({ label, value }: { readonly label: string; readonly value: string }) {
  const t = useText();
  const toast = useToast();
  const { run } = useAction();
  return (
    <div className="notice secret" role="status">
      <p>{label}</p>
      <code dir="ltr" data-testid="secret">{value}</code>
      <button className="button" type="button" onClick={() => void run(() => navigator.clipboard.writeText(value), () => { toast(t("admin.copied")); })}>{t("admin.copy")}</button>
      <p className="field-hint">{t("admin.shownOnce")}</p>
    </div>
  );
}
