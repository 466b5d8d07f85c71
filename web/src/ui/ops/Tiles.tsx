import type { Figures, Point } from "../../core/ops/figures";
import { bytes, milliseconds, number, percent, whole } from "../../core/ops/words";
import { Sparkline } from "./Sparkline";

interface Tile {
  readonly figure: keyof Figures;
  readonly name: string;
  readonly unit?: string;
  readonly title: string;
  readonly say: (value: number | null) => string;
}

const TILES: readonly Tile[] = [
  { figure: "commands", name: "Commands", unit: "/s", title: "What routers have answered: messages, watermarks, signs of typing", say: number },
  { figure: "deliveries", name: "Deliveries", unit: "/s", title: "Frames that gateways have given to sessions", say: number },
  { figure: "calls", name: "Calls", unit: "/s", title: "gRPC calls that have ended, between services and from outside", say: number },
  { figure: "faults", name: "Faults", title: "Of those, how many failed by no fault of their callers", say: percent },
  { figure: "p99Ms", name: "p99", title: "99 of 100 calls are over by then; streams are not counted", say: milliseconds },
  { figure: "connections", name: "Connections", title: "Clients that are connected to gateways", say: whole },
  { figure: "lag", name: "Lag", title: "Records of the log that writers have before them", say: whole },
  { figure: "cores", name: "CPU", unit: " cores", title: "Cores that all processes of the stack keep busy", say: number },
  { figure: "memoryBytes", name: "Memory", title: "What all processes of the stack hold", say: bytes },
];

export function Tiles({ points }: { readonly points: readonly Point[] }) {
  const last = points.at(-1)?.figures;
  return (
    <section aria-label="How the stack does">
      <dl className="tiles">
        {TILES.map(({ figure, name, unit = "", title, say }) => (
          <div className="tile" key={figure} title={title}>
            <dt>{name}</dt>
            <dd data-testid={`figure-${figure}`} data-value={last?.[figure] ?? ""} data-tone={figure === "faults" && (last?.faults ?? 0) > 0 ? "bad" : "plain"}>
              {say(last?.[figure] ?? null)}
              {last?.[figure] !== undefined && last[figure] !== null && <span className="tile-unit">{unit}</span>}
            </dd>
            <Sparkline values={points.map((point) => point.figures[figure] ?? 0)} />
          </div>
        ))}
      </dl>
    </section>
  );
}
