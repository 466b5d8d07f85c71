/** How a number went over the last minutes. Decoration: the number itself stands beside it. */

const WIDTH = 100;
const HEIGHT = 28;
/** As wide as a minute, until there are more minutes to show. */
const FEWEST = 30;

export function Sparkline({ values }: { readonly values: readonly number[] }) {
  const top = Math.max(...values, 1e-9);
  const step = WIDTH / (Math.max(FEWEST, values.length) - 1);
  const from = WIDTH - step * (values.length - 1);
  const points = values.map((value, index) => `${(from + index * step).toFixed(2)},${(HEIGHT - 2 - ((HEIGHT - 4) * value) / top).toFixed(2)}`);
  return (
    <svg className="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      {points.length > 1 && (
        <>
          <path className="spark-area" d={`M${from.toFixed(2)},${HEIGHT} L${points.join(" L")} L${WIDTH},${HEIGHT} Z`} />
          <polyline className="spark-line" points={points.join(" ")} />
        </>
      )}
    </svg>
  );
}
