import { type Event, problems } from "../../core/ops/events";
import type { Report } from "../../core/ops/report";
import { Icon } from "../Icon";
import { useWords } from "../words";

export function Problems({ report }: { readonly report: Report }) {
  const words = useWords();
  const { t } = words;
  const found = problems(report).map((one) => words.say(one));
  return (
    <section className="ops-card ops-list" aria-labelledby="ops-problems-title">
      <h2 id="ops-problems-title">{t("ops.wrongNow")}</h2>
      <ul data-testid="problems" data-count={found.length} tabIndex={0} aria-labelledby="ops-problems-title">
        {found.length === 0 && (
          <li data-level="well">
            <Icon name="check" size={16} />
            <span>{t("ops.nothingWrong")}</span>
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
  const words = useWords();
  const { t } = words;
  return (
    <section className="ops-card ops-list" aria-labelledby="ops-events-title">
      <h2 id="ops-events-title">{t("ops.eventsTitle")}</h2>
      <div role="log" aria-labelledby="ops-events-title">
        <ol data-testid="events" tabIndex={0}>
          {events.length === 0 && <li data-level="note"><span>{t("ops.eventsEmpty")}</span></li>}
          {events.map((event) => (
            <li key={event.key} data-level={event.level}>
              <Icon name={ICONS[event.level]} size={16} />
              <time dateTime={new Date(event.at).toISOString()}>{words.exactClock(event.at)}</time>
              <span>{words.say(event.said)}</span>
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}
