import { type Event, problems } from "../../core/ops/events";
import type { Report } from "../../core/ops/report";
import { Icon } from "../Icon";

export function Problems({ report }: { readonly report: Report }) {
  const found = problems(report);
  return (
    <section className="ops-card ops-list" aria-labelledby="ops-problems-title">
      <h2 id="ops-problems-title">Wrong now</h2>
      <ul data-testid="problems" data-count={found.length} tabIndex={0} aria-labelledby="ops-problems-title">
        {found.length === 0 && (
          <li data-level="well">
            <Icon name="check" size={16} />
            <span>Nothing is wrong.</span>
          </li>
        )}
        {found.map((problem) => (
          <li key={problem} data-level="bad">
            <Icon name="alert" size={16} />
            <span>{problem}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const ICONS = { bad: "alert", well: "check", note: "clock" } as const;

export function Events({ events }: { readonly events: readonly Event[] }) {
  return (
    <section className="ops-card ops-list" aria-labelledby="ops-events-title">
      <h2 id="ops-events-title">Since this page was opened</h2>
      <div role="log" aria-labelledby="ops-events-title">
        <ol data-testid="events" tabIndex={0}>
          {events.length === 0 && <li data-level="note"><span>Nothing has happened.</span></li>}
          {events.map((event) => (
            <li key={event.key} data-level={event.level}>
              <Icon name={ICONS[event.level]} size={16} />
              <time dateTime={new Date(event.at).toISOString()}>{new Date(event.at).toLocaleTimeString("en", { hour12: false })}</time>
              <span>{event.text}</span>
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}
