import { type ReactNode, useId } from "react";

import type { TextId } from "../../core/texts";
import { useText } from "../words";

interface TableProps {
  readonly title: string;
  readonly note?: string;
  /** Why there is nothing to show. */
  readonly fault?: string | undefined;
  readonly testId: string;
  readonly columns: readonly (readonly [name: TextId, kind?: "number"])[];
  readonly children: ReactNode;
}

/** A table that scrolls by itself where it is wider than the page. */
export function Table({ title, note, fault, testId, columns, children }: TableProps) {
  const id = useId();
  const t = useText();
  return (
    <section className="ops-card" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {note !== undefined && <p className="ops-hint">{note}</p>}
      {fault !== undefined && <p className="error" role="alert">{t("ops.failedToLoad", { why: fault })}</p>}
      <div className="ops-scroll" role="region" aria-labelledby={id} tabIndex={0}>
        <table data-testid={testId}>
          <thead>
            <tr>
              {columns.map(([name, kind]) => (
                <th key={name} scope="col" data-kind={kind ?? "text"}>
                  {t(name)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>{children}</tbody>
        </table>
      </div>
    </section>
  );
}
