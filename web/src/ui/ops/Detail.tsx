import type { ReactNode } from "react";

import { type Point, share } from "../../core/ops/figures";
import { type Edge, EDGE, type Graph, healthOf, linksOf, type Node } from "../../core/ops/graph";
import type { Method, Process, Report } from "../../core/ops/report";
import { bytes, duration, milliseconds, number, perSecond, percent, UNKNOWN, whole } from "../../core/ops/words";
import type { TextId } from "../../core/texts";
import { beside } from "../../core/wording";
import { useText, useWords } from "../words";
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
  const t = useText();
  const node = graph.nodes.find((one) => one.id === id);
  const edge = graph.edges.find((one) => one.id === id);
  return (
    <aside className="detail" aria-label={t("ops.detail")} tabIndex={0} data-testid="detail" data-of={id ?? ""}>
      {node !== undefined && <OfNode node={node} report={report} />}
      {edge !== undefined && <OfEdge edge={edge} report={report} points={points} />}
      {node === undefined && edge === undefined && <Legend />}
    </aside>
  );
}

function Legend() {
  const t = useText();
  return (
    <>
      <h3>{t("ops.legendTitle")}</h3>
      <p className="ops-hint">{t("ops.legendHint")}</p>
      <ul className="legend">
        <li><Badge health="well" words="" /> {t("ops.legendWell")}</li>
        <li><Badge health="ill" words={t("ops.legendIll")} /></li>
        <li><Badge health="out" words={t("ops.legendOut")} /></li>
        <li><span className="legend-avoided" aria-hidden="true" /> {t("ops.legendAvoided")}</li>
        <li><span className="legend-line" data-tone="well" aria-hidden="true" /> {t("ops.legendMessages")}</li>
        <li><span className="legend-line" data-tone="some" aria-hidden="true" /> {t("ops.legendSome")}</li>
        <li><span className="legend-line" data-tone="many" aria-hidden="true" /> {t("ops.legendMany")}</li>
        <li><span className="legend-use" aria-hidden="true" /> {t("ops.legendUse")}</li>
      </ul>
    </>
  );
}

function OfNode({ node, report }: { readonly node: Node; readonly report: Report }) {
  const t = useText();
  const now = Date.parse(report.at);
  const own = (report.processes ?? []).filter((one) => (node.kind === "service" ? one.service === node.id : one.name === node.id));
  const called = (report.methods ?? []).filter((one) => one.service === node.id && one.sampled.calls > 0);
  const users = report.services.filter((one) => one.engines.includes(node.id)).map((one) => one.name);
  return (
    <>
      <h3 dir="auto">{node.id}</h3>
      {node.kind === "engine" && <p className="ops-hint">{t("ops.usedBy", { services: users })}</p>}
      {node.kind === "edge" && <p className="ops-hint">{t("ops.edgeHint")}</p>}
      {node.members.length === 0 && <p className="ops-hint">{t("ops.noInstance")}</p>}
      {own.map((one) => (
        <OfProcess key={one.name} process={one} sidecar={report.processes?.find((other) => other.name === `${one.name}-sidecar`)} now={now}>
          {node.members.filter((member) => member.name === one.name && member.avoidedBy.length > 0).map((member) => (
            <p className="detail-bad" key={member.name}>{t("ops.avoidedBy", { callers: member.avoidedBy })}</p>
          ))}
        </OfProcess>
      ))}
      {called.length > 0 && (
        <>
          <h4>{t("ops.calledNow")}</h4>
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
  const words = useWords();
  const { t } = words;
  const facts: readonly Fact[] = [
    ["ops.versionRow", process.version ?? UNKNOWN],
    ["ops.upForRow", process.since === null ? UNKNOWN : duration(now - Date.parse(process.since), words)],
    ["ops.cpu", t("ops.coresRow", { value: number(process.cores, words) })],
    ["ops.memoryRow", bytes(process.memoryBytes, words)],
    ...(process.connections === null ? [] : [["ops.connectionsRow", whole(process.connections, words)] as const]),
    ...(process.deliveriesPerSecond === null ? [] : [["ops.deliveriesRow", perSecond(process.deliveriesPerSecond, words)] as const]),
    ...(process.commandsPerSecond === null ? [] : [["ops.commandsRow", perSecond(process.commandsPerSecond, words)] as const]),
    ...(process.lagRecords === null ? [] : [["ops.lagRow", t("ops.recordsRow", { count: process.lagRecords })] as const]),
    ...(sidecar === undefined ? [] : [["ops.sidecar", t("ops.sidecarRow", { cores: number(sidecar.cores, words), memory: bytes(sidecar.memoryBytes, words) })] as const]),
  ];
  return (
    <section className="detail-process" data-detail={process.name}>
      <h4>
        {process.name} <Badge health={healthOf(process)} {...wordsOf(process)} />
      </h4>
      {process.waitingFor !== null && <p className="detail-bad">{process.waitingFor}</p>}
      {sidecar?.healthy === false && <p className="detail-bad">{t("ops.sidecarSays", { what: sidecar.waitingFor ?? sidecar.state })}</p>}
      {children}
      <Facts facts={facts} />
    </section>
  );
}

function OfEdge({ edge, report, points }: { readonly edge: Edge; readonly report: Report; readonly points: readonly Point[] }) {
  const words = useWords();
  const { t } = words;
  const { from, to, way } = edge;
  const links = linksOf(report, from, to);
  const methods = (report.methods ?? []).filter((one) => one.caller === from && one.service === to && (one.sampled.calls > 0 || one.sampled.messagesSent > 0));
  const breakers = [...new Set(links.flatMap((link) => link.openBreakers))];
  const isSockets = from === EDGE && to === "gateway";
  return (
    <>
      <h3 dir="ltr">{from} → {to}</h3>
      <Sparkline values={points.map((point) => point.ways.get(edge.id) ?? 0)} />
      <Facts
        facts={[
          [isSockets ? "ops.messagesAndFrames" : "ops.messagesRow", perSecond(edge.messages, words)],
          ["ops.callsRow", perSecond(way?.perSecond ?? null, words)],
          ["ops.p50", milliseconds(way?.p50Ms ?? null, words)],
          ["ops.p95", milliseconds(way?.p95Ms ?? null, words)],
          ["ops.p99", milliseconds(way?.p99Ms ?? null, words)],
          ["ops.faultsRow", percent(share(way?.faults ?? 0, way?.calls ?? 0), words)],
          ["ops.retriesRow", whole(links.reduce((all, link) => all + link.retries, 0), words)],
          ["ops.givenUpRow", whole(links.reduce((all, link) => all + link.retriesGivenUp, 0), words)],
          ["ops.ejectionsRow", whole(links.reduce((all, link) => all + link.ejections, 0), words)],
        ]}
      />
      {breakers.length > 0 && <p className="detail-bad">{t("ops.breakersOpen", { what: breakers })}</p>}
      {methods.length > 0 && (
        <>
          <h4>{t("ops.methods")}</h4>
          <ul className="detail-methods">{methods.map((one) => <OfMethod key={one.method} method={one} />)}</ul>
        </>
      )}
      <h4>{t("ops.callers")}</h4>
      <ul className="detail-hosts">
        {links.flatMap((link) =>
          link.hosts.map((host) => (
            <li key={`${link.envoy} ${link.cluster} ${host.instance}`}>
              <span>
                {host.instance} <span className="ops-soft">{t(link.cluster === `${to}_websocket` ? "ops.fromWebSockets" : "ops.from", { caller: link.envoy.replace("-sidecar", "") })}</span>
              </span>
              {host.healthy ? <span>{beside([perSecond(host.perSecond, words), t("ops.open", { count: host.activeRequests })])}</span> : <span className="detail-bad">{words.list(host.faults)}</span>}
            </li>
          )),
        )}
      </ul>
    </>
  );
}

function OfMethod({ method, by }: { readonly method: Method; readonly by?: string }) {
  const words = useWords();
  const { t } = words;
  const { sampled } = method;
  return (
    <li>
      <span>
        {method.method}
        {by !== undefined && <span className="ops-soft"> {t("ops.by", { caller: by })}</span>}
      </span>
      <span>
        {sampled.calls > 0 ? beside([perSecond(sampled.perSecond, words), milliseconds(sampled.p50Ms, words), milliseconds(sampled.p99Ms, words)]) : t("ops.messagesCount", { count: sampled.messagesSent + sampled.messagesReceived })}
      </span>
    </li>
  );
}

type Fact = readonly [name: TextId, value: string];

function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  const t = useText();
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{t(name)}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
