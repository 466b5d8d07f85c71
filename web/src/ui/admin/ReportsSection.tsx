import "../styles/safety.css";

import { useCallback, useState } from "react";

import { nameOf } from "../../core/select";
import type { State } from "../../core/state";
import type { TextId } from "../../core/texts";
import type { Handler, Report, ReportAction, ReportState, UserId } from "../../core/types";
import { describe } from "../../core/wording";
import { useAction } from "../action";
import { useClient, useSelected } from "../context";
import { Failure } from "../Failure";
import { Chips } from "../parts/Chips";
import { EmptyState } from "../parts/EmptyState";
import { Skeleton } from "../parts/Skeleton";
import { useToast } from "../parts/toasts";
import { CATEGORIES } from "../safety/categories";
import { useWords } from "../words";
import { useListing } from "./listing";
import { ACTION_NAMES, actionsFor, ACTIONS_DONE } from "./reports";
import { ResolveDialog } from "./ResolveDialog";

const STATES: readonly { readonly value: ReportState; readonly label: TextId }[] = [
  { value: "open", label: "admin.reportsOpen" },
  { value: "taken", label: "admin.reportsTaken" },
  { value: "resolved", label: "admin.reportsResolved" },
];
const NONE: Readonly<Record<ReportState, TextId>> = { open: "admin.reportsNoneOpen", taken: "admin.reportsNoneTaken", resolved: "admin.reportsNoneResolved" };

/** What users have reported, and what is done about it. */
export function ReportsSection() {
  const client = useClient();
  const { t } = useWords();
  const [state, setState] = useState<ReportState>("open");
  const load = useCallback(
    async (pageToken: string) => {
      const page = await client.moderation.listReports(state, pageToken);
      client.directory.know(page.items.flatMap(namedIn));
      return page;
    },
    [client, state],
  );
  const { items, hasMore, isBusy, failure, more, reload } = useListing(load);
  // What was listed of another state is not shown under this one.
  const shown = items?.filter((report) => report.state === state) ?? null;
  return (
    <>
      <Chips label={t("admin.reportsWhich")} value={state} options={STATES.map(({ value, label }) => ({ value, label: t(label) }))} onChange={setState} />
      {failure !== null && <Failure reason={failure} onRetry={reload} />}
      {failure === null && (shown === null || (isBusy && shown.length === 0)) && <Skeleton label={t("common.loading")} rows={3} />}
      {shown?.length === 0 && !isBusy && failure === null && <EmptyState icon="check" title={t(NONE[state])} />}
      <ul className="rows" data-testid="reports">
        {(shown ?? []).map((report) => <ReportCard key={report.reportId} report={report} onChanged={reload} />)}
      </ul>
      {hasMore && <button className="button" type="button" disabled={isBusy} onClick={() => void more()}>{t("admin.more")}</button>}
    </>
  );
}

/** Whom a report names, so that their names can be shown. */
function namedIn({ reporterId, userId, handledBy, entries }: Report): readonly UserId[] {
  return [reporterId, userId, handledBy, ...entries.map(({ senderId }) => senderId)].filter((one): one is UserId => one !== null && one !== "operator");
}

const partOf = ({ users }: State) => ({ users });

function ReportCard({ report, onChanged }: { readonly report: Report; readonly onChanged: () => Promise<void> }) {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const toast = useToast();
  const taking = useAction();
  const state = useSelected(partOf);
  const [asked, setAsked] = useState<ReportAction | null>(null);
  const { reportId, reporterId, createdAt, seq, userId, category, words: said, entries, handledBy, handledAt, action, note } = report;
  const name = (id: Handler) => (id === "operator" ? t("admin.operator") : nameOf(state, id, words));
  const about = userId === null ? t("admin.reportConversation") : t(seq === null ? "admin.reportUser" : "admin.reportMessage", { name: name(userId) });
  return (
    <li className="row report" data-testid="report" data-state={report.state}>
      <div className="row-text">
        <p className="row-title">{about}</p>
        <p className="field-hint">{t("admin.reportBy", { category: t(CATEGORIES[category][0]), name: name(reporterId), time: words.moment(createdAt) })}</p>
      </div>
      {said !== "" && <blockquote dir="auto">{said}</blockquote>}
      {entries.length > 0 && (
        <ol className="report-log" aria-label={t("admin.reportLog")}>
          {entries.map((entry) => (
            <li key={entry.seq} data-reported={entry.seq === seq} {...(entry.seq === seq ? { "aria-current": "true" as const } : {})}>
              <span className="report-sender"><bdi>{name(entry.senderId)}</bdi> <time>{words.clock(entry.acceptedAt)}</time></span>
              <span dir="auto">{describe(entry, null, name, words)}</span>
            </li>
          ))}
        </ol>
      )}
      {handledBy !== null && (
        <p className="field-hint" data-testid="handled">
          {action === null ? t("admin.reportTaken", { name: name(handledBy), time: words.moment(handledAt) }) : t("admin.reportDone", { done: t(ACTIONS_DONE[action]), name: name(handledBy), time: words.moment(handledAt) })}
        </p>
      )}
      {note !== "" && <p dir="auto">{note}</p>}
      {taking.error !== null && <p className="error" role="alert">{taking.error}</p>}
      {report.state !== "resolved" && (
        <div className="buttons">
          {report.state === "open" && (
            <button
              className="button button-primary"
              type="button"
              disabled={taking.isBusy}
              onClick={() =>
                void taking.run(async () => {
                  await client.moderation.takeReport(reportId);
                  toast(t("admin.tookReport"));
                  await onChanged();
                })
              }
            >
              {t("admin.take")}
            </button>
          )}
          {actionsFor(report).map((one) => (
            <button key={one} className={one === "dismiss" ? "button" : "button button-danger"} type="button" onClick={() => { setAsked(one); }}>{t(ACTION_NAMES[one])}</button>
          ))}
        </div>
      )}
      {asked !== null && (
        <ResolveDialog
          report={report}
          action={asked}
          onClose={() => { setAsked(null); }}
          onDone={() => {
            setAsked(null);
            toast(t(ACTIONS_DONE[asked]));
            void onChanged();
          }}
        />
      )}
    </li>
  );
}
