/** Where everything in the picture stands, in pixels: from left to right where there is room for it, and else from top to bottom. */

import type { Graph } from "./graph";

export type Shape = "wide" | "tall";

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Line {
  readonly path: string;
  /** The middle of it. */
  readonly x: number;
  readonly y: number;
}

export interface Layout {
  readonly shape: Shape;
  readonly width: number;
  readonly height: number;
  readonly boxes: ReadonlyMap<string, Box>;
  readonly lines: ReadonlyMap<string, Line>;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** From this width on there is room for five columns. */
const WIDE_FROM = 760;
const HEIGHTS = { wide: 480, tall: 660 } as const;
const NODE = { wide: { width: 138, height: 76 }, tall: { width: 100, height: 70 } } as const;

/** The middle of each, as parts of the width and of the height. Who is in no table stands in a row of its own, below. */
const PLACES: Readonly<Record<Shape, Readonly<Record<string, readonly [number, number]>>>> = {
  wide: {
    edge: [0, 0.42],
    gateway: [0.25, 0.06],
    router: [0.51, 0.06],
    history: [0.76, 0.06],
    accounts: [0.76, 0.36],
    presence: [0.76, 0.66],
    writer: [1, 0.2],
    valkey: [0.3, 1],
    kafka: [0.62, 1],
    cassandra: [1, 1],
  },
  tall: {
    edge: [0.5, 0],
    gateway: [0, 0.17],
    router: [0, 0.38],
    history: [0, 0.6],
    accounts: [0.5, 0.6],
    presence: [1, 0.6],
    writer: [0, 0.8],
    valkey: [1, 1],
    kafka: [0.5, 1],
    cassandra: [0, 1],
  },
};

/** By how many pixels a line swerves around what stands in its way: down where the picture is wide, and to the right where it is tall. */
const SWERVES: Readonly<Record<Shape, Readonly<Record<string, number>>>> = {
  wide: { "gateway>history": 120, "edge>history": 90, "edge>router": 24 },
  tall: { "gateway>history": 100 },
};

export function shapeFor(width: number): Shape {
  return width >= WIDE_FROM ? "wide" : "tall";
}

export function heightFor(width: number): number {
  return HEIGHTS[shapeFor(width)];
}

export function layoutOf(graph: Pick<Graph, "nodes" | "edges" | "uses">, width: number): Layout {
  const shape = shapeFor(width);
  const height = HEIGHTS[shape];
  const strangers = graph.nodes.filter((node) => PLACES[shape][node.id] === undefined);
  const boxes = new Map(
    graph.nodes.map((node) => {
      const place = PLACES[shape][node.id] ?? [(strangers.indexOf(node) + 1) / (strangers.length + 1), 0.88];
      return [node.id, boxAt(place, shape, width, height, node.kind === "engine" ? 48 : NODE[shape].height)] as const;
    }),
  );
  const lines = [...graph.edges, ...graph.uses].flatMap(({ id, from, to }) => {
    const [start, end] = [boxes.get(from), boxes.get(to)];
    return start === undefined || end === undefined ? [] : [[id, from === to ? loop(start, shape) : line(start, end, shape, SWERVES[shape][id] ?? 0)] as const];
  });
  return { shape, width, height, boxes, lines: new Map(lines) };
}

function boxAt([across, down]: readonly [number, number], shape: Shape, width: number, height: number, tall: number): Box {
  const wide = NODE[shape].width;
  const margin = 3;
  const top = shape === "wide" ? 28 : margin;
  return {
    x: Math.round(margin + across * (width - 2 * margin - wide)),
    y: Math.round(top + down * (height - top - margin - tall)),
    width: wide,
    height: tall,
  };
}

function line(from: Box, to: Box, shape: Shape, swerve: number): Line {
  const isBeside = to.x >= from.x + from.width;
  const isBelow = to.y >= from.y + from.height;
  const isAcross = shape === "wide" ? isBeside : isBeside && !isBelow;
  const [start, end] = isAcross ? [side(from, 1), side(to, -1)] : isBelow ? [foot(from), head(to)] : [head(from), foot(to)];
  const reach = isAcross ? Math.max(24, Math.abs(end.x - start.x) / 2) : Math.max(18, Math.abs(end.y - start.y) / 2) * (isBelow ? 1 : -1);
  const bow = shape === "wide" ? { x: 0, y: swerve } : { x: swerve, y: 0 };
  const out = isAcross ? { x: start.x + reach, y: start.y } : { x: start.x, y: start.y + reach };
  const into = isAcross ? { x: end.x - reach, y: end.y } : { x: end.x, y: end.y - reach };
  return curve(start, plus(out, bow), plus(into, bow), end);
}

/** What calls others of its own kind. */
function loop(box: Box, shape: Shape): Line {
  const { x, y, width, height } = box;
  return shape === "wide"
    ? curve({ x: x + width * 0.62, y }, { x: x + width * 0.66, y: y - 34 }, { x: x + width * 0.34, y: y - 34 }, { x: x + width * 0.38, y })
    : curve(
        { x: x + width, y: y + height * 0.35 },
        { x: x + width + 34, y: y + height * 0.3 },
        { x: x + width + 34, y: y + height * 0.7 },
        { x: x + width, y: y + height * 0.65 },
      );
}

function curve(start: Point, out: Point, into: Point, end: Point): Line {
  const path = `M${at(start)} C${at(out)} ${at(into)} ${at(end)}`;
  return { path, x: (start.x + 3 * out.x + 3 * into.x + end.x) / 8, y: (start.y + 3 * out.y + 3 * into.y + end.y) / 8 };
}

function at({ x, y }: Point): string {
  return `${Math.round(x)},${Math.round(y)}`;
}

function plus(a: Point, b: Point): Point {
  return { x: a.x + b.x, y: a.y + b.y };
}

function side({ x, y, width, height }: Box, towards: 1 | -1): Point {
  return { x: towards === 1 ? x + width : x, y: y + height / 2 };
}

function head({ x, y, width }: Box): Point {
  return { x: x + width / 2, y };
}

function foot({ x, y, width, height }: Box): Point {
  return { x: x + width / 2, y: y + height };
}
