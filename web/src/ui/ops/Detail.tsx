import type { ReactNode } from "react";

import { type Point, share } from "../../core/ops/figures";
import { type Edge, EDGE, type Graph, healthOf, linksOf, type Node } from "../../core/ops/graph";
import type { Method, Process, Report } from "../../core/ops/report";
import { bytes, duration, milliseconds, number, percent, UNKNOWN, whole } from "../../core/ops/words";
import { Badge, wordsOf } from "./Badge";
import { Sparkline } from "./Sparkline";

interface DetailProps {
  readonly report: Report;
  readonly graph: Graph;
  readonly points: readonly Point[];
  /** A node or an edge of the graph; null for none. */
  readonly id: string | null;
}

/** What there is to know of what one points at. Its place is always there, so that nothing moves. */
export function Detail({ report, graph, points, id }: DetailProps) {
  const node = graph.nodes.find((one) => one.id === id);
  const edge = graph.edges.find((one) => one.id === id);
  return (
    <aside className="detail" aria-label="What is pointed at" tabIndex={0} data-testid="detail" data-of={id ?? ""}>
      {node !== undefined && <OfNode node={node} report={report} />}
      {edge !== undefined && <OfEdge edge={edge} report={report} points={points} />}
      {node === undefined && edge === undefined && <Legend />}
    </aside>
  );
}

function Legend() {
  return (
    <>
      <h3>How to read it</h3>
      <p className="ops-hint">Point at something, or press it to keep it here.</p>
      <ul className="legend">
        <li><Badge health="well" words="" /> an instance; the bar under it is its sidecar</li>
        <li><Badge health="ill" words="does not do its work" /></li>
        <li><Badge health="out" words="an operator has taken it out" /></li>
        <li><span className="legend-avoided" aria-hidden="true" /> some callers send it nothing</li>
        <li><span className="legend-line" data-tone="well" aria-hidden="true" /> messages a second, both ways; wider is more</li>
        <li><span className="legend-line" data-tone="some" aria-hidden="true" /> less than 1 % of the calls fail</li>
        <li><span className="legend-line" data-tone="many" aria-hidden="true" /> more fail</li>
        <li><span className="legend-use" aria-hidden="true" /> uses an engine; no Envoy stands between</li>
      </ul>
    </>
  );
}

function OfNode({ node, report }: { readonly node: Node; readonly report: Report }) {
  const now = Date.parse(report.at);
  const own = (report.processes ?? []).filter((one) => (node.kind === "service" ? one.service === node.id : one.name === node.id));
  const called = (report.methods ?? []).filter((one) => one.service === node.id && one.sampled.calls > 0);
  const users = report.services.filter((one) => one.engines.includes(node.id)).map((one) => one.name);
  return (
    <>
      <h3>{node.id}</h3>
      {node.kind === "engine" && <p className="ops-hint">Used by {users.join(", ")}.</p>}
      {node.kind === "edge" && <p className="ops-hint">The one Envoy that clients reach.</p>}
      {node.members.length === 0 && <p className="ops-hint">It has no instance.</p>}
      {own.map((one) => (
        <OfProcess key={one.name} process={one} sidecar={report.processes?.find((other) => other.name === `${one.name}-sidecar`)} now={now}>
          {node.members.filter((member) => member.name === one.name && member.avoidedBy.length > 0).map((member) => (
            <p className="detail-bad" key={member.name}>Gets no calls from {member.avoidedBy.join(", ")}.</p>
          ))}
        </OfProcess>
      ))}
      {called.length > 0 && (
        <>
          <h4>Called now</h4>
          <ul className="detail-methods">{called.map((one) => <OfMethod key={`${one.caller} ${one.method}`} method={one} by={one.caller} />)}</ul>
        </>
      )}
    </>
  );
}

interface OfProcessProps {
  readonly process: Process;
  readonly sidecar: Process | undefined;
  readonly now: number;
  readonly children: ReactNode;
}

function OfProcess({ process, sidecar, now, children }: OfProcessProps) {
  const facts: readonly (readonly [string, string])[] = [
    ["version", process.version ?? UNKNOWN],
    ["up for", process.since === null ? UNKNOWN : duration(now - Date.parse(process.since))],
    ["CPU", `${number(process.cores)} cores`],
    ["memory", bytes(process.memoryBytes)],
    ...(process.connections === null ? [] : [["connections", whole(process.connections)] as const]),
    ...(process.deliveriesPerSecond === null ? [] : [["deliveries", `${number(process.deliveriesPerSecond)}/s`] as const]),
    ...(process.commandsPerSecond === null ? [] : [["commands", `${number(process.commandsPerSecond)}/s`] as const]),
    ...(process.lagRecords === null ? [] : [["lag", `${whole(process.lagRecords)} records`] as const]),
    ...(sidecar === undefined ? [] : [["sidecar", `${number(sidecar.cores)} cores, ${bytes(sidecar.memoryBytes)}`] as const]),
  ];
  return (
    <section className="detail-process" data-detail={process.name}>
      <h4>
        {process.name} <Badge health={healthOf(process)} {...wordsOf(process)} />
      </h4>
      {process.waitingFor !== null && <p className="detail-bad">{process.waitingFor}</p>}
      {sidecar?.healthy === false && <p className="detail-bad">Its sidecar: {sidecar.waitingFor ?? sidecar.state}</p>}
      {children}
      <Facts facts={facts} />
    </section>
  );
}

function OfEdge({ edge, report, points }: { readonly edge: Edge; readonly report: Report; readonly points: readonly Point[] }) {
  const { from, to, way } = edge;
  const links = linksOf(report, from, to);
  const methods = (report.methods ?? []).filter((one) => one.caller === from && one.service === to && (one.sampled.calls > 0 || one.sampled.messagesSent > 0));
  const breakers = [...new Set(links.flatMap((link) => link.openBreakers))];
  const isSockets = from === EDGE && to === "gateway";
  return (
    <>
      <h3>{from} → {to}</h3>
      <Sparkline values={points.map((point) => point.ways.get(edge.id) ?? 0)} />
      <Facts
        facts={[
          [isSockets ? "messages and frames" : "messages", `${number(edge.messages)}/s`],
          ["calls", `${number(way?.perSecond ?? null)}/s`],
          ["p50", milliseconds(way?.p50Ms ?? null)],
          ["p95", milliseconds(way?.p95Ms ?? null)],
          ["p99", milliseconds(way?.p99Ms ?? null)],
          ["faults", percent(share(way?.faults ?? 0, way?.calls ?? 0))],
          ["retries", whole(links.reduce((all, link) => all + link.retries, 0))],
          ["given up", whole(links.reduce((all, link) => all + link.retriesGivenUp, 0))],
          ["ejections", whole(links.reduce((all, link) => all + link.ejections, 0))],
        ]}
      />
      {breakers.length > 0 && <p className="detail-bad">Its circuit breaker lets no more {breakers.join(", ")} through.</p>}
      {methods.length > 0 && (
        <>
          <h4>Methods</h4>
          <ul className="detail-methods">{methods.map((one) => <OfMethod key={one.method} method={one} />)}</ul>
        </>
      )}
      <h4>As each caller sees them</h4>
      <ul className="detail-hosts">
        {links.flatMap((link) =>
          link.hosts.map((host) => (
            <li key={`${link.envoy} ${link.cluster} ${host.instance}`}>
              <span>
                {host.instance} <span className="ops-soft">from {link.envoy.replace("-sidecar", "")}{link.cluster === `${to}_websocket` ? ", WebSockets" : ""}</span>
              </span>
              {host.healthy ? <span>{number(host.perSecond)}/s · {whole(host.activeRequests)} open</span> : <span className="detail-bad">{host.faults.join(", ")}</span>}
            </li>
          )),
        )}
      </ul>
    </>
  );
}

function OfMethod({ method, by }: { readonly method: Method; readonly by?: string }) {
  const { sampled } = method;
  return (
    <li>
      <span>
        {method.method}
        {by !== undefined && <span className="ops-soft"> by {by}</span>}
      </span>
      <span>
        {sampled.calls > 0 ? `${number(sampled.perSecond)}/s · ${milliseconds(sampled.p50Ms)} · ${milliseconds(sampled.p99Ms)}` : `${whole(sampled.messagesSent + sampled.messagesReceived)} messages`}
      </span>
    </li>
  );
}

function Facts({ facts }: { readonly facts: readonly (readonly [string, string])[] }) {
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
