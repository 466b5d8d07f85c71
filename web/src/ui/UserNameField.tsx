import { Field, type FieldProps } from "./Field";

/** Where one says who one is: nothing may be made of a name but what was typed. */
export function UserNameField(props: Omit<FieldProps, "label">) {
  return <Field label="User name" name="username" autoComplete="username" autoCapitalize="none" spellCheck={false} autoFocus required {...props} />;
}
