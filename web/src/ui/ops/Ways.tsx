import { type Point, share, wayId } from "../../core/ops/figures";
import { graphOf, linksOf } from "../../core/ops/graph";
import type { Report } from "../../core/ops/report";
import { milliseconds, number, percent, whole } from "../../core/ops/words";
import { Sparkline } from "./Sparkline";
import { Table } from "./Table";

const COLUMNS = [
  ["Caller"],
  ["Calls"],
  ["Hosts", "number"],
  ["Calls/s", "number"],
  ["Messages/s", "number"],
  ["Last minutes"],
  ["Faults", "number"],
  ["p50", "number"],
  ["p95", "number"],
  ["p99", "number"],
  ["Retries", "number"],
  ["Given up", "number"],
  ["Ejections", "number"],
  ["Open breakers"],
] as const;

/** The picture once more, for whoever does not see it. */
export function Ways({ report, points }: { readonly report: Report; readonly points: readonly Point[] }) {
  const { edges } = graphOf(report);
  return (
    <Table
      title="Who calls whom"
      note="What the picture shows. Retries, calls given up and ejections are since the callers' Envoys were started."
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
              {hosts.filter((host) => host.healthy).length}/{hosts.length}
            </td>
            <td data-kind="number">{number(report.seconds === null ? null : (way?.perSecond ?? 0))}</td>
            <td data-kind="number">{number(messages)}</td>
            <td className="ops-spark"><Sparkline values={points.map((point) => point.ways.get(id) ?? 0)} /></td>
            <td data-kind="number" data-tone={faults > 0 ? "bad" : "plain"}>{percent(report.seconds === null ? null : faults)}</td>
            <td data-kind="number">{milliseconds(way?.p50Ms ?? null)}</td>
            <td data-kind="number">{milliseconds(way?.p95Ms ?? null)}</td>
            <td data-kind="number">{milliseconds(way?.p99Ms ?? null)}</td>
            <td data-kind="number">{whole(links.reduce((all, link) => all + link.retries, 0))}</td>
            <td data-kind="number">{whole(links.reduce((all, link) => all + link.retriesGivenUp, 0))}</td>
            <td data-kind="number">{whole(links.reduce((all, link) => all + link.ejections, 0))}</td>
            <td data-tone="bad">{[...new Set(links.flatMap((link) => link.openBreakers))].join(", ")}</td>
          </tr>
        );
      })}
    </Table>
  );
}
