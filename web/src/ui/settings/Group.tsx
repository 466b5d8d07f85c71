import { type ReactNode, useId } from "react";

interface GroupProps {
  readonly title: string;
  /** What it is good for, or what follows from it. */
  readonly hint?: string;
  readonly children: ReactNode;
}

/** Settings that belong together. */
export function Group({ title, hint, children }: GroupProps) {
  const id = useId();
  return (
    <section className="group" aria-labelledby={id}>
      <header>
        <h3 id={id}>{title}</h3>
        {hint !== undefined && <p className="field-hint">{hint}</p>}
      </header>
      {children}
    </section>
  );
}
