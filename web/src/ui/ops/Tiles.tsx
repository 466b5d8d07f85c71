import type { Figures, Point } from "../../core/ops/figures";
import { bytes, milliseconds, number, percent, whole } from "../../core/ops/words";
import type { TextId } from "../../core/texts";
import type { Words } from "../../core/words";
import { Rich, useWords } from "../words";
import { Sparkline } from "./Sparkline";

interface Tile {
  readonly figure: keyof Figures;
  readonly name: TextId;
  /** The number with what it counts. */
  readonly unit?: TextId;
  readonly title: TextId;
  readonly say: (value: number | null, words: Words) => string;
}

const TILES: readonly Tile[] = [
  { figure: "commands", name: "ops.figureCommands", unit: "ops.figurePerSecond", title: "ops.figureCommandsHint", say: number },
  { figure: "deliveries", name: "ops.figureDeliveries", unit: "ops.figurePerSecond", title: "ops.figureDeliveriesHint", say: number },
  { figure: "calls", name: "ops.calls", unit: "ops.figurePerSecond", title: "ops.figureCallsHint", say: number },
  { figure: "faults", name: "ops.faults", title: "ops.figureFaultsHint", say: percent },
  { figure: "p99Ms", name: "ops.p99", title: "ops.figureP99Hint", say: milliseconds },
  { figure: "connections", name: "ops.connections", title: "ops.figureConnectionsHint", say: whole },
  { figure: "lag", name: "ops.lag", title: "ops.figureLagHint", say: whole },
  { figure: "cores", name: "ops.cpu", unit: "ops.figureCores", title: "ops.figureCpuHint", say: number },
  { figure: "memoryBytes", name: "ops.memory", title: "ops.figureMemoryHint", say: bytes },
];

export function Tiles({ points }: { readonly points: readonly Point[] }) {
  const words = useWords();
  const { t } = words;
  const last = points.at(-1)?.figures;
  return (
    <section aria-label={t("ops.figures")}>
      <dl className="tiles">
        {TILES.map(({ figure, name, unit, title, say }) => (
          <div className="tile" key={figure} title={t(title)}>
            <dt>{t(name)}</dt>
            <dd data-testid={`figure-${figure}`} data-value={last?.[figure] ?? ""} data-tone={figure === "faults" && (last?.faults ?? 0) > 0 ? "bad" : "plain"}>
              {unit === undefined || (last?.[figure] ?? null) === null ? (
                say(last?.[figure] ?? null, words)
              ) : (
                <Rich id={unit} values={{ value: say(last?.[figure] ?? null, words), unit: (children) => <span className="tile-unit">{children}</span> }} />
              )}
            </dd>
            <Sparkline values={points.map((point) => point.figures[figure] ?? 0)} />
          </div>
        ))}
      </dl>
    </section>
  );
}
