import { useMemo, useState } from "react";

import type { OpsClient } from "../../app/ops";
import { graphOf } from "../../core/ops/graph";
import { type OpsState, staleFor } from "../../core/ops/state";
import type { Sentence } from "../../core/texts";
import type { Words } from "../../core/words";
import { useNow } from "../context";
import { Icon } from "../Icon";
import { Logo } from "../Logo";
import { useText, useWords } from "../words";
import { Certificates } from "./Certificates";
import { Detail } from "./Detail";
import { Events, Problems } from "./Events";
import { Methods } from "./Methods";
import { Processes } from "./Processes";
import { Tiles } from "./Tiles";
import { Topology } from "./Topology";
import { Ways } from "./Ways";

export function OpsPage({ client, state }: { readonly client: OpsClient; readonly state: OpsState }) {
  const now = useNow(1_000);
  const words = useWords();
  const { t } = words;
  const { report, points, events, fault } = state;
  return (
    <div className="ops">
      <header className="ops-head">
        <Logo size={28} />
        <h1>{t("ops.title")}</h1>
        <Freshness state={state} now={now} />
        <button className="button-icon" type="button" aria-label={t("common.logOut")} title={t("common.logOut")} onClick={() => void client.logout()}>
          <Icon name="logout" />
        </button>
      </header>
      {report === null ? (
        <main className="ops-empty">
          {fault === null ? <p role="status"><span className="spinner" /> {t("ops.looking")}</p> : <p className="error" role="alert">{t("ops.nothing", { why: whyOf(fault, words) })}</p>}
        </main>
      ) : (
        <main className="ops-main" data-stale={staleFor(state, now) !== null}>
          <Tiles points={points} />
          <Mesh state={state} report={report} />
          <section className="ops-pair">
            <Problems report={report} />
            <Events events={events} />
          </section>
          <Ways report={report} points={points} />
          <Methods methods={report.methods} fault={report.faults["methods"]} />
          <Processes processes={report.processes} points={points} now={Date.parse(report.at)} fault={report.faults["processes"]} />
          <Certificates certificates={report.certificates} now={Date.parse(report.at)} fault={report.faults["certificates"]} />
        </main>
      )}
    </div>
  );
}

function Mesh({ state, report }: { readonly state: OpsState; readonly report: NonNullable<OpsState["report"]> }) {
  const [selected, setSelected] = useState<string | null>(null);
  const [pointed, setPointed] = useState<string | null>(null);
  const t = useText();
  const graph = useMemo(() => graphOf(report), [report]);
  const isKnown = (id: string | null) => id !== null && (graph.nodes.some((node) => node.id === id) || graph.edges.some((edge) => edge.id === id));
  const shown = isKnown(pointed) ? pointed : isKnown(selected) ? selected : null;
  return (
    <section className="ops-mesh" aria-labelledby="ops-mesh-title">
      <h2 id="ops-mesh-title">{t("ops.mesh")}</h2>
      <Topology graph={graph} selected={selected} pointed={pointed} onSelect={setSelected} onPoint={setPointed} />
      <Detail report={report} graph={graph} points={state.points} id={shown} />
    </section>
  );
}

const FRESH = { waiting: "ops.freshWaiting", measuring: "ops.freshMeasuring", live: "ops.freshLive" } as const;

/** What the server says, or we do. */
function whyOf(fault: string | Sentence, words: Words): string {
  return typeof fault === "string" ? fault : words.say(fault);
}

function Freshness({ state, now }: { readonly state: OpsState; readonly now: number }) {
  const words = useWords();
  const { t } = words;
  const stale = staleFor(state, now);
  const phase = state.report === null ? "waiting" : stale !== null ? "stale" : state.report.seconds === null ? "measuring" : "live";
  return (
    <>
      <p className="ops-fresh" data-testid="ops-fresh" data-phase={phase}>
        <span className="ops-dot" aria-hidden="true" />
        {phase === "stale" ? t("ops.freshStale", { count: stale ?? 0 }) : t(FRESH[phase])}
      </p>
      <p className="visually-hidden" role="status">{phase === "stale" ? t("ops.staleSaid") : phase === "live" ? t("ops.freshSaid") : ""}</p>
      {phase === "stale" && (
        <p className="ops-stale error" data-testid="ops-stale">
          {t("ops.staleHint", { count: stale ?? 0, why: state.fault === null ? t("ops.nothingSince") : whyOf(state.fault, words) })}
        </p>
      )}
    </>
  );
}
