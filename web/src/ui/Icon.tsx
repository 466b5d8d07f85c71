const PATHS = {
  plus: "M12 5v14M5 12h14",
  back: "M15 5l-7 7 7 7",
  more: "M5 11.3a.7.7 0 1 0 0 1.4.7.7 0 0 0 0-1.4zM12 11.3a.7.7 0 1 0 0 1.4.7.7 0 0 0 0-1.4zM19 11.3a.7.7 0 1 0 0 1.4.7.7 0 0 0 0-1.4z",
  star: "M12 4l2.5 5.1 5.6.8-4 4 .9 5.6-5-2.7-5 2.7.9-5.6-4-4 5.6-.8z",
  mute: "M5 9.5v5h3.5L13 18.5v-13L8.5 9.5zM16.5 9.5l4.5 5M21 9.5l-4.5 5",
  close: "M6 6l12 12M18 6L6 18",
  send: "M5 12h13M12.5 5.5L19 12l-6.5 6.5",
  people: "M9 11a3.2 3.2 0 1 0 0-6.4A3.2 3.2 0 0 0 9 11zM3 19.4c.4-3.2 2.7-5 6-5s5.6 1.8 6 5M16 10.8a2.8 2.8 0 0 0 .6-5.5M17.4 14.6c2 .5 3.3 2 3.6 4.2",
  person: "M12 11.4a3.7 3.7 0 1 0 0-7.4 3.7 3.7 0 0 0 0 7.4zM5 20c.5-3.7 3.2-5.7 7-5.7s6.5 2 7 5.7",
  bell: "M6.5 16.5V11a5.5 5.5 0 0 1 11 0v5.5l1.5 1.8H5zM10 20.5h4",
  bellOff: "M6.5 16.5V11a5.5 5.5 0 0 1 11 0v5.5l1.5 1.8H5zM10 20.5h4M4 4l16 16",
  seen: "M2.5 12C4.6 8 8 6 12 6s7.4 2 9.5 6c-2.1 4-5.5 6-9.5 6s-7.4-2-9.5-6zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z",
  search: "M10.8 17a6.2 6.2 0 1 0 0-12.4 6.2 6.2 0 0 0 0 12.4zM15.4 15.4L20 20",
  logout: "M14 4.5H7a2 2 0 0 0-2 2v11a2 2 0 0 0 2 2h7M10.5 12H20M16.5 8.5L20 12l-3.5 3.5",
  down: "M12 5v14M5.5 12.5L12 19l6.5-6.5",
  clock: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM12 7.6V12l2.8 1.8",
  check: "M5 12.6l4.6 4.6L19 7.4",
  checks: "M2.5 12.8l4.3 4.3L15 8M11.6 15.9l1.3 1.2L21.5 8",
  alert: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM12 8v4.6M12 15.9v.2",
  attach: "M19 11.5l-7.2 7.2a4.6 4.6 0 0 1-6.5-6.5l7.6-7.6a3 3 0 0 1 4.3 4.3l-7.5 7.5a1.4 1.4 0 0 1-2-2l6.9-6.9",
  file: "M7 3.5h6.5L18 8v12.5H7zM13.5 3.5V8H18",
  pin: "M9 4h6l-1 6 3 3v1.5H7V13l3-3zM12 14.5V20",
  unfold: "M8 9.5L12 5.5l4 4M8 14.5l4 4 4-4",
  gear: "M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM10.6 3.5h2.8l.5 2.4 1.7 1 2.3-.8 1.4 2.4-1.8 1.6v2l1.8 1.6-1.4 2.4-2.3-.8-1.7 1-.5 2.4h-2.8l-.5-2.4-1.7-1-2.3.8-1.4-2.4 1.8-1.6v-2L4.7 8.5l1.4-2.4 2.3.8 1.7-1z",
  lock: "M6.5 11h11v8.5h-11zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  device: "M3.5 5.5h17v10h-17zM8.5 19.5h7M12 15.5v4",
  palette: "M12 4a8 8 0 1 0 0 16c1.3 0 1.8-.8 1.5-1.8-.4-1.3.2-2.4 1.7-2.4H17a3 3 0 0 0 3-3C20 7.6 16.4 4 12 4zM8 11v.1M10.5 7.7v.1M14.5 7.9v.1",
  keyboard: "M3 6.5h18v11H3zM6.5 10v.1M10 10v.1M14 10v.1M17.5 10v.1M8 14h8",
  info: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM12 11.2V16M12 8v.2",
  shield: "M12 3.5l7 2.6v5.4c0 4.3-2.8 7.4-7 9-4.2-1.6-7-4.7-7-9V6.1z",
  ticket: "M4 7.5h16v3a1.6 1.6 0 0 0 0 3.2v2.8H4v-2.8a1.6 1.6 0 0 0 0-3.2zM14.5 7.5v9",
  bot: "M6 9h12v9.5H6zM12 5.5V9M9.5 13v.6M14.5 13v.6M3.5 12v3M20.5 12v3",
  unseen: "M2.5 12C4.6 8 8 6 12 6s7.4 2 9.5 6c-2.1 4-5.5 6-9.5 6s-7.4-2-9.5-6zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM4 4l16 16",
  retry: "M19 12a7 7 0 1 1-2.2-5.1M19.4 3.8v4h-4",
} as const;

/** These point forward or back. */
const DIRECTED: ReadonlySet<IconName> = new Set(["back", "send", "logout"]);

export type IconName = keyof typeof PATHS;

/** Decoration only: what it means is said by the label of what holds it. */
export function Icon({ name, size = 20 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" data-directed={DIRECTED.has(name) ? true : undefined}>
      <path d={PATHS[name]} />
    </svg>
  );
}
