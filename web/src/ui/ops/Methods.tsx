import type { Method } from "../../core/ops/report";
import { milliseconds, number, statuses, whole } from "../../core/ops/words";
import { useWords } from "../words";
import { Table } from "./Table";

const COLUMNS = [
  ["ops.method"],
  ["ops.caller"],
  ["ops.callsPerSecond", "number"],
  ["ops.messages", "number"],
  ["ops.p50", "number"],
  ["ops.p95", "number"],
  ["ops.p99", "number"],
  ["ops.failedNow"],
  ["ops.calls", "number"],
  ["ops.failed", "number"],
] as const;

/** In the order of services and names, so that no row moves while one reads. */
export function Methods({ methods, fault }: { readonly methods: readonly Method[] | null; readonly fault: string | undefined }) {
  const words = useWords();
  return (
    <Table
      title={words.t("ops.methods")}
      note={words.t("ops.methodsNote")}
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
          <td data-kind="number">{number(sampled.perSecond, words)}</td>
          <td data-kind="number">{whole(sampled.messagesSent + sampled.messagesReceived, words)}</td>
          <td data-kind="number">{milliseconds(sampled.p50Ms, words)}</td>
          <td data-kind="number">{milliseconds(sampled.p95Ms, words)}</td>
          <td data-kind="number">{milliseconds(sampled.p99Ms, words)}</td>
          <td data-tone={sampled.failed > 0 ? "bad" : "plain"}>{statuses(sampled.byStatus, words)}</td>
          <td data-kind="number" data-testid="calls">{whole(calls, words)}</td>
          <td data-kind="number" data-tone={failed > 0 ? "bad" : "plain"}>{whole(failed, words)}</td>
        </tr>
      ))}
    </Table>
  );
}
