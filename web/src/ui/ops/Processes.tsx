import type { Point } from "../../core/ops/figures";
import { EDGE, healthOf } from "../../core/ops/graph";
import type { Process } from "../../core/ops/report";
import { bytes, duration, number, UNKNOWN, whole } from "../../core/ops/words";
import { Badge, wordsOf } from "./Badge";
import { Sparkline } from "./Sparkline";
import { Table } from "./Table";

const COLUMNS = [
  ["Process"],
  ["Health"],
  ["Version"],
  ["Up for", "number"],
  ["Cores", "number"],
  ["Last minutes"],
  ["Memory", "number"],
  ["Connections", "number"],
  ["Lag", "number"],
  ["Crashes", "number"],
  ["Note"],
] as const;

/** Who does the work comes first, then what it stands on. */
function inOrder(processes: readonly Process[]): readonly Process[] {
  const rank = ({ name, service }: Process) => (service !== null ? 0 : name === EDGE ? 1 : name.endsWith("-sidecar") ? 3 : 2);
  return [...processes].sort((a, b) => rank(a) - rank(b));
}

interface ProcessesProps {
  readonly processes: readonly Process[] | null;
  readonly points: readonly Point[];
  readonly now: number;
  readonly fault: string | undefined;
}

export function Processes({ processes, points, now, fault }: ProcessesProps) {
  return (
    <Table title="Processes" fault={fault} testId="processes" columns={COLUMNS}>
      {inOrder(processes ?? []).map((one) => (
        <tr key={one.name} data-process={one.name} data-healthy={one.healthy}>
          <th scope="row">{one.name}</th>
          <td><Badge health={healthOf(one)} {...wordsOf(one)} /></td>
          <td>{one.version ?? UNKNOWN}</td>
          <td data-kind="number">{one.since === null ? UNKNOWN : duration(now - Date.parse(one.since))}</td>
          <td data-kind="number">{number(one.cores)}</td>
          <td className="ops-spark"><Sparkline values={points.map((point) => point.cores.get(one.name) ?? 0)} /></td>
          <td data-kind="number">{bytes(one.memoryBytes)}</td>
          <td data-kind="number">{one.connections === null ? "" : whole(one.connections)}</td>
          <td data-kind="number">{one.lagRecords === null ? "" : whole(one.lagRecords)}</td>
          <td data-kind="number" data-tone={one.crashes > 0 ? "bad" : "plain"}>{one.crashes > 0 ? whole(one.crashes) : ""}</td>
          <td className="ops-note">{one.waitingFor ?? (one.lastCrash === null ? "" : `Last crash: ${one.lastCrash}`)}</td>
        </tr>
      ))}
    </Table>
  );
}
