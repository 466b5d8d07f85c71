import { Field, type FieldProps } from "./Field";
import { useText } from "./words";

/** Where one says who one is: nothing may be made of a name but what was typed. */
export function UserNameField(props: Omit<FieldProps, "label">) {
  const t = useText();
  return <Field label={t("common.userName")} name="username" autoComplete="username" autoCapitalize="none" spellCheck={false} autoFocus required {...props} />;
}
