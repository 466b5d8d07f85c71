import { Select } from "../parts/Select";
import { Field } from "../Field";
import { useWords } from "../words";

const DAY_S = 86_400;
const SPANS = [1, 3, 7, 30, 365].map((days) => days * DAY_S);
export const WEEK_S = 7 * DAY_S;

interface SuspendFieldsProps {
  /** Seconds. */
  readonly lasts: number;
  readonly onLasts: (lasts: number) => void;
  readonly reason: string;
  readonly onReason: (reason: string) => void;
}

/** For how long somebody is suspended, and why. */
export function SuspendFields({ lasts, onLasts, reason, onReason }: SuspendFieldsProps) {
  const words = useWords();
  const { t } = words;
  return (
    <>
      <Select
        label={t("admin.suspendLasts")}
        value={String(lasts)}
        options={SPANS.map((span) => ({ value: String(span), label: words.duration(span) }))}
        onChange={(chosen) => { onLasts(Number(chosen)); }}
      />
      <Field label={t("admin.suspendReason")} hint={t("admin.suspendReasonHint")} name="reason" value={reason} onChange={onReason} maxLength={500} autoComplete="off" required />
    </>
  );
}
