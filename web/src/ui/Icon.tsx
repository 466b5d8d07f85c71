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
  unread: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z",
  up: "M12 19V5M5.5 11.5L12 5l6.5 6.5",
  archive: "M4 5h16v4H4zM5.5 9v10h13V9M10 13h4",
  channel: "M4.5 10v4.5H8l8.5 4.5v-13L8 10zM19 10.5a3 3 0 0 1 0 3.5",
  note: "M6 4h12v11l-5 5H6zM13 20v-5h5",
  link: "M10.5 13.5a4 4 0 0 0 5.7 0l3-3a4 4 0 0 0-5.7-5.7l-1.2 1.2M13.5 10.5a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1.2-1.2",
  globe: "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM3.5 12h17M12 3.5c2.6 2.6 3.6 5.4 3.6 8.5s-1 5.9-3.6 8.5c-2.6-2.6-3.6-5.4-3.6-8.5s1-5.9 3.6-8.5z",
  info: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM12 11v5M12 8v.2",
  unfold: "M8 9.5L12 5.5l4 4M8 14.5l4 4 4-4",
  copy: "M9 9h10.5v10.5H9zM5.5 15H4.5V4.5H15v1",
  forward: "M14.5 6L20 11.5 14.5 17M19.4 11.5H10a6 6 0 0 0-6 6v1",
  hide: "M4 4l16 16M9.5 6.4A9 9 0 0 1 12 6c4 0 7.4 2 9.5 6-.7 1.3-1.5 2.4-2.5 3.3M6.3 7.7A12 12 0 0 0 2.5 12c2.1 4 5.5 6 9.5 6 1.4 0 2.7-.2 3.9-.7",
  bin: "M4.5 6.5h15M9.5 6.5V4h5v2.5M6.5 6.5l1 13.5h9l1-13.5M10 10.5v6M14 10.5v6",
  reply: "M9.5 6L4 11.5 9.5 17M4.6 11.5H14a6 6 0 0 1 6 6v1",
  pen: "M5 19l.9-3.8L16.2 4.9a1.6 1.6 0 0 1 2.3 0l.6.6a1.6 1.6 0 0 1 0 2.3L8.8 18.1zM14.5 6.6l2.9 2.9",
  smile: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16zM8.6 13.6c.7 1.5 1.9 2.3 3.4 2.3s2.7-.8 3.4-2.3M9.4 9.6v.2M14.6 9.6v.2",
  thread: "M4.5 5h11a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1H9l-3.5 3v-3h-1a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1zM19.5 9.5a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-1v2.5L15 17.5H11",
  retry: "M19 12a7 7 0 1 1-2.2-5.1M19.4 3.8v4h-4",
} as const;

/** These point forward or back. */
const DIRECTED: ReadonlySet<IconName> = new Set(["back", "send", "logout", "reply", "forward"]);

export type IconName = keyof typeof PATHS;

/** Decoration only: what it means is said by the label of what holds it. */
export function Icon({ name, size = 20 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" data-directed={DIRECTED.has(name) ? true : undefined}>
      <path d={PATHS[name]} />
    </svg>
  );
}
