import { type Point, share, wayId } from "../../core/ops/figures";
import { graphOf, linksOf } from "../../core/ops/graph";
import type { Report } from "../../core/ops/report";
import { milliseconds, number, percent, whole } from "../../core/ops/words";
import { useWords } from "../words";
import { Sparkline } from "./Sparkline";
import { Table } from "./Table";

const COLUMNS = [
  ["ops.caller"],
  ["ops.calls"],
  ["ops.hosts", "number"],
  ["ops.callsPerSecond", "number"],
  ["ops.messagesPerSecond", "number"],
  ["ops.lastMinutes"],
  ["ops.faults", "number"],
  ["ops.p50", "number"],
  ["ops.p95", "number"],
  ["ops.p99", "number"],
  ["ops.retries", "number"],
  ["ops.givenUp", "number"],
  ["ops.ejections", "number"],
  ["ops.openBreakers"],
] as const;

/** The picture once more, for whoever does not see it. */
export function Ways({ report, points }: { readonly report: Report; readonly points: readonly Point[] }) {
  const words = useWords();
  const { t } = words;
  const { edges } = graphOf(report);
  return (
    <Table
      title={t("ops.ways")}
      note={t("ops.waysNote")}
      fault={report.faults["links"]}
      testId="ways"
      columns={COLUMNS}
    >
      {edges.map(({ id, from, to, way, messages }) => {
        const links = linksOf(report, from, to);
        const hosts = links.flatMap((link) => link.hosts);
        const faults = share(way?.faults ?? 0, way?.calls ?? 0);
        return (
          <tr key={id} data-way={wayId(from, to)}>
            <th scope="row">{from}</th>
            <td>{to}</td>
            <td data-kind="number" data-tone={hosts.every((host) => host.healthy) ? "plain" : "bad"}>
              {`${words.number(hosts.filter((host) => host.healthy).length)}/${words.number(hosts.length)}`}
            </td>
            <td data-kind="number">{number(report.seconds === null ? null : (way?.perSecond ?? 0), words)}</td>
            <td data-kind="number">{number(messages, words)}</td>
            <td className="ops-spark"><Sparkline values={points.map((point) => point.ways.get(id) ?? 0)} /></td>
            <td data-kind="number" data-tone={faults > 0 ? "bad" : "plain"}>{percent(report.seconds === null ? null : faults, words)}</td>
            <td data-kind="number">{milliseconds(way?.p50Ms ?? null, words)}</td>
            <td data-kind="number">{milliseconds(way?.p95Ms ?? null, words)}</td>
            <td data-kind="number">{milliseconds(way?.p99Ms ?? null, words)}</td>
            <td data-kind="number">{whole(links.reduce((all, link) => all + link.retries, 0), words)}</td>
            <td data-kind="number">{whole(links.reduce((all, link) => all + link.retriesGivenUp, 0), words)}</td>
            <td data-kind="number">{whole(links.reduce((all, link) => all + link.ejections, 0), words)}</td>
            <td data-tone="bad">{words.list([...new Set(links.flatMap((link) => link.openBreakers))])}</td>
          </tr>
        );
      })}
    </Table>
  );
}
