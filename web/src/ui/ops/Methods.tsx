import type { Method } from "../../core/ops/report";
import { milliseconds, number, statuses, whole } from "../../core/ops/words";
import { Table } from "./Table";

const COLUMNS = [
  ["Method"],
  ["Caller"],
  ["Calls/s", "number"],
  ["Messages", "number"],
  ["p50", "number"],
  ["p95", "number"],
  ["p99", "number"],
  ["Failed now"],
  ["Calls", "number"],
  ["Failed", "number"],
] as const;

/** In the order of services and names, so that no row moves while one reads. */
export function Methods({ methods, fault }: { readonly methods: readonly Method[] | null; readonly fault: string | undefined }) {
  return (
    <Table
      title="Methods"
      note="As the callers' Envoys count and time them, between the last two looks. A stream counts when it ends; while it lasts, its messages tell. The last two columns are since those Envoys were started."
      fault={fault}
      testId="methods"
      columns={COLUMNS}
    >
      {(methods ?? []).map(({ caller, service, method, calls, failed, sampled }) => (
        <tr key={`${caller} ${service} ${method}`} data-idle={sampled.calls === 0 && sampled.messagesSent === 0 && sampled.messagesReceived === 0} data-method={`${service}.${method}`} data-caller={caller}>
          <th scope="row">
            <span className="ops-soft">{service}.</span>
            {method}
          </th>
          <td>{caller}</td>
          <td data-kind="number">{number(sampled.perSecond)}</td>
          <td data-kind="number">{whole(sampled.messagesSent + sampled.messagesReceived)}</td>
          <td data-kind="number">{milliseconds(sampled.p50Ms)}</td>
          <td data-kind="number">{milliseconds(sampled.p95Ms)}</td>
          <td data-kind="number">{milliseconds(sampled.p99Ms)}</td>
          <td data-tone={sampled.failed > 0 ? "bad" : "plain"}>{statuses(sampled.byStatus)}</td>
          <td data-kind="number" data-testid="calls">{whole(calls)}</td>
          <td data-kind="number" data-tone={failed > 0 ? "bad" : "plain"}>{whole(failed)}</td>
        </tr>
      ))}
    </Table>
  );
}
