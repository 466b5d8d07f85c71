import { type KeyboardEvent, useMemo, useRef } from "react";

import { type Edge, type Graph, type Health, type Member, type Node, paceOf, widthOf } from "../../core/ops/graph";
import { type Box, heightFor, type Layout, layoutOf, type Line } from "../../core/ops/layout";
import { milliseconds, number, percent } from "../../core/ops/words";
import { share } from "../../core/ops/figures";
import type { TextId } from "../../core/texts";
import { beside } from "../../core/wording";
import type { Words } from "../../core/words";
import { useText, useWords } from "../words";
import { useWidth } from "./size";

interface TopologyProps {
  readonly graph: Graph;
  readonly selected: string | null;
  readonly pointed: string | null;
  readonly onSelect: (id: string | null) => void;
  readonly onPoint: (id: string | null) => void;
}

/** The picture. Everything in it can be pointed at, tabbed to and pressed; a table below says the same. */
export function Topology({ graph, selected, pointed, onSelect, onPoint }: TopologyProps) {
  const t = useText();
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const layout = layoutOf(graph, width);
  const shown = pointed ?? selected;
  const near = useMemo(() => (shown === null ? null : neighbours(graph, shown)), [graph, shown]);

  const handles = (id: string) => ({
    role: "button",
    tabIndex: 0,
    "aria-pressed": selected === id,
    "data-near": near === null || near.has(id),
    onClick: () => { onSelect(selected === id ? null : id); },
    onPointerEnter: () => { onPoint(id); },
    onPointerLeave: () => { onPoint(null); },
    onFocus: () => { onPoint(id); },
    onBlur: () => { onPoint(null); },
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        onSelect(selected === id ? null : id);
      } else if (event.key === "Escape") {
        onSelect(null);
      }
    },
  });

  return (
    <div className="topology" dir="ltr" data-shape={layout.shape}>
      <div ref={frame} />
      {width > 0 && (
        <svg width={width} height={heightFor(width)} role="group" aria-label={t("ops.picture")} data-testid="topology">
          <g aria-hidden="true">
            {graph.uses.map((use) => {
              const line = layout.lines.get(use.id);
              return line === undefined ? null : <path key={use.id} className="use" d={line.path} data-near={near?.has(use.id) ?? false} />;
            })}
          </g>
          {graph.edges.map((edge) => {
            const line = layout.lines.get(edge.id);
            return line === undefined ? null : <Wire key={edge.id} edge={edge} line={line} {...handles(edge.id)} />;
          })}
          {graph.nodes.map((node) => {
            const box = layout.boxes.get(node.id);
            return box === undefined ? null : <Stand key={node.id} node={node} box={box} layout={layout} {...handles(node.id)} />;
          })}
        </svg>
      )}
    </div>
  );
}

type Handles = Omit<React.SVGProps<SVGGElement>, "ref"> & { readonly "data-near": boolean };

function Wire({ edge, line, ...handles }: { readonly edge: Edge; readonly line: Line } & Handles) {
  const words = useWords();
  const width = widthOf(edge.messages);
  const label = edge.messages !== null && edge.messages >= 0.05 ? number(edge.messages, words) : null;
  return (
    <g {...handles} className="wire" data-tone={edge.tone} data-edge={edge.id} aria-label={sayEdge(edge, words)}>
      <path className="wire-reach" d={line.path} />
      <path className="wire-line" d={line.path} strokeWidth={width} />
      <path className="wire-flow" d={line.path} strokeWidth={Math.max(1, width * 0.4)} data-pace={paceOf(edge.messages)} />
      {label !== null && (
        <text className="wire-label" x={line.x} y={line.y} dy="0.35em">
          {label}
        </text>
      )}
    </g>
  );
}

function Stand({ node, box, layout, ...handles }: { readonly node: Node; readonly box: Box; readonly layout: Layout } & Handles) {
  const words = useWords();
  const { x, y, width, height } = box;
  const step = Math.min(20, (width - 24) / Math.max(1, node.members.length));
  const ill = node.members.filter((one) => one.health === "ill" || one.sidecar === "ill" || one.avoidedBy.length > 0).length;
  return (
    <g {...handles} className="stand" data-kind={node.kind} data-health={node.health} data-node={node.id} aria-label={sayNode(node, words)}>
      <rect className="stand-box" x={x} y={y} width={width} height={height} rx={node.kind === "engine" ? height / 2 : 14} />
      {node.kind === "service" ? (
        <>
          <text className="stand-name" x={x + 14} y={y + 24}>{node.id}</text>
          {layout.shape === "wide" && <text className="stand-count" x={x + width - 14} y={y + 24}>{`${words.number(node.members.length - ill)}/${words.number(node.members.length)}`}</text>}
          {node.members.map((member, index) => (
            <Chip key={member.name} member={member} x={x + 14 + step * index + Math.min(6, step / 2)} y={y + height - 26} radius={Math.min(6, step / 2 - 1)} />
          ))}
        </>
      ) : (
        <>
          <text className="stand-name stand-middle" x={x + width / 2 + 8} y={y + height / 2} dy="0.35em">{node.id}</text>
          <Mark health={node.health} x={x + 16} y={y + height / 2} radius={5} />
        </>
      )}
    </g>
  );
}

/** An instance, and under it the Envoy that stands beside it. */
function Chip({ member, x, y, radius }: { readonly member: Member; readonly x: number; readonly y: number; readonly radius: number }) {
  const words = useWords();
  return (
    <g className="chip" data-member={member.name} data-health={member.health} data-avoided={member.avoidedBy.length > 0}>
      <title>{words.t("ops.standSays", { name: member.name, what: sayMember(member, words) })}</title>
      {member.avoidedBy.length > 0 && <circle className="chip-avoided" cx={x} cy={y} r={radius + 3} />}
      <Mark health={member.health} x={x} y={y} radius={radius} />
      {member.sidecar !== null && <rect className="chip-sidecar" data-health={member.sidecar} x={x - radius} y={y + radius + 4} width={2 * radius} height={3} rx={1.5} />}
    </g>
  );
}

/** Round is well, a cross is ill, a ring is out. */
function Mark({ health, x, y, radius }: { readonly health: Node["health"]; readonly x: number; readonly y: number; readonly radius: number }) {
  if (health === "ill") {
    const r = radius * 0.8;
    return <path className="mark" data-health={health} d={`M${x - r},${y - r} L${x + r},${y + r} M${x + r},${y - r} L${x - r},${y + r}`} />;
  }
  return <circle className="mark" data-health={health} cx={x} cy={y} r={health === "well" ? radius : radius - 1} />;
}

function neighbours(graph: Graph, id: string): ReadonlySet<string> {
  const lines = [...graph.edges, ...graph.uses].filter((line) => line.id === id || line.from === id || line.to === id);
  return new Set([id, ...lines.flatMap((line) => [line.id, line.from, line.to])]);
}

function sayEdge({ from, to, messages, way }: Edge, words: Words): string {
  const { t } = words;
  return beside([
    t("ops.edgeSays", { from, to, messages: number(messages, words) }),
    typeof way?.p99Ms === "number" ? t("ops.edgeSaysSpeed", { p50: milliseconds(way.p50Ms, words), p99: milliseconds(way.p99Ms, words) }) : "",
    way !== null && way.faults > 0 ? t("ops.edgeSaysFaults", { percent: percent(share(way.faults, way.calls), words) }) : "",
  ]);
}

function sayNode(node: Node, words: Words): string {
  const { t } = words;
  const members = node.members.map((one) => t("ops.standSays", { name: one.name, what: sayMember(one, words) }));
  return t("ops.standSays", { name: node.id, what: node.kind === "service" ? beside(members) : t(HEALTH[node.health]) });
}

const HEALTH: Readonly<Record<Health, TextId>> = { well: "ops.well", ill: "ops.unhealthy", out: "ops.takenOut", unknown: "ops.unknown" };

function sayMember({ health, sidecar, avoidedBy }: Member, words: Words): string {
  const { t } = words;
  return words.list([
    t(HEALTH[health]),
    ...(sidecar === "ill" ? [t("ops.sidecarIll")] : []),
    ...(avoidedBy.length > 0 ? [t("ops.avoidedByShort", { callers: avoidedBy })] : []),
  ]);
}
