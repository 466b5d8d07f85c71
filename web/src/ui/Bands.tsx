/** The picture of the entrance: people, and the bands between them. */
const BANDS = [
  "M190 120.1A64 64 0 0 0 102.4 212.8L267.6 396.2A84 84 0 1 0 382.6 274.5Z",
  "M463.3 117.1A34 34 0 0 0 402.1 90.5L261.2 291.8A84 84 0 1 0 412.2 357.5Z",
  "M394.5 286.2A84 84 0 1 0 280.2 407.6L466.8 545.1A56 56 0 0 0 543 464.1Z",
  "M359.6 418.6A84 84 0 1 0 275.5 276.1L84 439.6A40 40 0 0 0 124.1 507.4Z",
  "M134.4 438.3A40 40 0 1 0 91.3 505.3L237.8 583A26 26 0 0 0 265.8 539.4Z",
];

const PEOPLE = [
  { x: 150, y: 170, r: 44, tone: "cream" },
  { x: 430, y: 110, r: 18, tone: "coral" },
  { x: 330, y: 340, r: 60, tone: "mint" },
  { x: 110, y: 470, r: 22, tone: "mint" },
  { x: 500, y: 500, r: 36, tone: "cream" },
  { x: 250, y: 560, r: 11, tone: "coral" },
];

export function Bands() {
  return (
    <svg className="bands" viewBox="0 0 600 620" preserveAspectRatio="xMidYMid slice">
      {BANDS.map((path) => (
        <path key={path} d={path} />
      ))}
      {PEOPLE.map(({ x, y, r, tone }) => (
        <circle key={`${x}`} className={`bands-${tone}`} cx={x} cy={y} r={r} />
      ))}
    </svg>
  );
}
