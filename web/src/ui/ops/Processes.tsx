import type { Point } from "../../core/ops/figures";
import { EDGE, healthOf } from "../../core/ops/graph";
import type { Process } from "../../core/ops/report";
import { bytes, duration, number, UNKNOWN, whole } from "../../core/ops/words";
import { useWords } from "../words";
import { Badge, wordsOf } from "./Badge";
import { Sparkline } from "./Sparkline";
import { Table } from "./Table";

const COLUMNS = [
  ["ops.process"],
  ["ops.health"],
  ["ops.version"],
  ["ops.upFor", "number"],
  ["ops.cores", "number"],
  ["ops.lastMinutes"],
  ["ops.memory", "number"],
  ["ops.connections", "number"],
  ["ops.lag", "number"],
  ["ops.crashes", "number"],
  ["ops.note"],
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
  const words = useWords();
  const { t } = words;
  return (
    <Table title={t("ops.processes")} fault={fault} testId="processes" columns={COLUMNS}>
      {inOrder(processes ?? []).map((one) => (
        <tr key={one.name} data-process={one.name} data-healthy={one.healthy}>
          <th scope="row">{one.name}</th>
          <td><Badge health={healthOf(one)} {...wordsOf(one)} /></td>
          <td>{one.version ?? UNKNOWN}</td>
          <td data-kind="number">{one.since === null ? UNKNOWN : duration(now - Date.parse(one.since), words)}</td>
          <td data-kind="number">{number(one.cores, words)}</td>
          <td className="ops-spark"><Sparkline values={points.map((point) => point.cores.get(one.name) ?? 0)} /></td>
          <td data-kind="number">{bytes(one.memoryBytes, words)}</td>
          <td data-kind="number">{one.connections === null ? "" : whole(one.connections, words)}</td>
          <td data-kind="number">{one.lagRecords === null ? "" : whole(one.lagRecords, words)}</td>
          <td data-kind="number" data-tone={one.crashes > 0 ? "bad" : "plain"}>{one.crashes > 0 ? whole(one.crashes, words) : ""}</td>
          <td className="ops-note">{one.waitingFor ?? (one.lastCrash === null ? "" : t("ops.crash", { what: one.lastCrash }))}</td>
        </tr>
      ))}
    </Table>
  );
}
