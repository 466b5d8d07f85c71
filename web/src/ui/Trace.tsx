import { useCallback, useEffect, useState } from "react";
import admin from "virtual:texts/en/admin";

import type { TextId } from "../core/texts";
import { barsOf, type Trace as Traced } from "../core/trace";
import type { MessageId } from "../core/types";
import { reasonOf } from "./action";
import { useClient } from "./context";
import { Failure } from "./Failure";
import { useLoaded } from "./loaded";
import { Skeleton } from "./parts/Skeleton";
import { alsoSaying, Rich, useText, useWords } from "./words";

/** What everybody can understand of a step's name; a method is called by its own. */
const STEPS: Readonly<Record<string, TextId>> = {
  send: "admin.stepSend",
  sequence: "admin.stepSequence",
  append: "admin.stepAppend",
  show: "admin.stepShow",
  deliver: "admin.stepDeliver",
  write: "admin.stepWrite",
  store: "admin.stepStore",
};
const EVERY_MESSAGE = "ELASTIC_CHAT_TRACE_SHARE=1";
/** Deeper steps are not moved further in: there would be no room for what they are called. */
const DEEPEST = 5;
/** What has just happened is told within this time; a few times it is asked for again. */
const AGAIN_MS = 2_000;
const MOST_ASKED = 3;

/** The way of a message, for administrators: which step was taken where, when, and how long it took. */
function Trace({ messageId }: { readonly messageId: MessageId }) {
  const client = useClient();
  const t = useText();
  const { value, failure, reload } = useLoaded(useCallback(() => client.admin.trace(messageId), [client, messageId]));
  const [asked, setAsked] = useState(1);
  const mayCome = value !== null && value.steps.length === 0 && value.share > 0 && value.collector === null && asked < MOST_ASKED;
  useEffect(() => {
    if (!mayCome) {
      return;
    }
    const timer = setTimeout(() => {
      setAsked(asked + 1);
      void reload();
    }, AGAIN_MS);
    return () => { clearTimeout(timer); };
  }, [mayCome, asked, reload]);
  if (reasonOf(failure) === "NOT_FOUND") {
    // Where there is no operations page, traces are where its operator has them collected.
    return null;
  }
  return (
    <section data-testid="trace">
      <h3>{t("admin.trace")}</h3>
      {failure !== null && <Failure reason={failure} onRetry={reload} />}
      {value === null && failure === null && <Skeleton label={t("common.loading")} />}
      {value !== null && (value.steps.length === 0 ? <Untraced trace={value} /> : <Steps trace={value} />)}
    </section>
  );
}

function Steps({ trace: { steps } }: { readonly trace: Traced }) {
  const words = useWords();
  const { t } = words;
  const bars = barsOf(steps);
  const ms = (value: number) => words.number(value, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  return (
    <table className="trace">
      <thead>
        <tr>
          <th scope="col">{t("admin.traceStep")}</th>
          <th scope="col">{t("admin.traceStart")}</th>
          <th scope="col">{t("admin.traceTook")}</th>
        </tr>
      </thead>
      <tbody>
        {steps.map(({ name, node, depth, atMs, tookMs }, at) => {
          const id = STEPS[name];
          const bar = bars[at];
          return (
            <tr key={at} data-testid="trace-step" data-step={name}>
              <th scope="row" data-depth={Math.min(depth, DEEPEST)}>
                <bdi>{id === undefined ? name : t(id)}</bdi>
                <bdi className="trace-node">{node}</bdi>
                <span className="trace-way" aria-hidden="true">
                  <span style={{ insetInlineStart: `${(bar?.from ?? 0) * 100}%`, inlineSize: `${(bar?.length ?? 0) * 100}%` }} />
                </span>
              </th>
              <td>{ms(atMs)}</td>
              <td>{ms(tookMs)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** Why there is nothing to show, and how there would be. */
function Untraced({ trace: { share, collector } }: { readonly trace: Traced }) {
  const t = useText();
  const setting = <code dir="ltr">{EVERY_MESSAGE}</code>;
  return (
    <p className="info-none">
      {collector !== null ? (
        <Rich id="admin.traceElsewhere" values={{ collector: <bdi>{collector}</bdi> }} />
      ) : share === 0 ? (
        <Rich id="admin.traceOff" values={{ setting }} />
      ) : (
        <>
          {t("admin.traceMissing", { count: share * 100 })} {share < 1 && <Rich id="admin.traceMore" values={{ setting }} />}
        </>
      )}
    </p>
  );
}

export default alsoSaying(Trace, admin);
