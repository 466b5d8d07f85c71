import { type KeyboardEvent, type SyntheticEvent, useRef, useState } from "react";
import writing from "virtual:texts/en/writing";

import { type Asking, asked, checked, MAX_ANSWER, MAX_ANSWERS, MIN_ANSWERS, withAnswer, withoutAnswer } from "../core/polls";
import type { Poll } from "../core/types";
import { spanOptions } from "./details/seconds";
import { Icon } from "./Icon";
import { Dialog } from "./parts/Dialog";
import { Select } from "./parts/Select";
import { Switch } from "./parts/Switch";
import { alsoSaying, useWords } from "./words";

interface PollDialogProps {
  readonly question: string;
  readonly onAsk: (question: string, poll: Poll) => void;
  readonly onClose: () => void;
}

const HOUR_S = 3_600;
const DAY_S = 24 * HOUR_S;
/** 0: until its sender closes it. */
const SPANS = [0, HOUR_S, 8 * HOUR_S, DAY_S, 3 * DAY_S, 7 * DAY_S];

/** Asks what is to be voted on. There is always room for one answer more, up to what the server takes. */
function PollDialogInside({ question: first, onAsk, onClose }: PollDialogProps) {
  const words = useWords();
  const { t } = words;
  const list = useRef<HTMLOListElement>(null);
  const [asking, setAsking] = useState<Asking>({ question: first, answers: ["", ""], isMultiple: false, closesAfterS: 0 });
  const { question, answers, isMultiple, closesAfterS } = asking;
  const { options, problem } = checked(asking);

  const send = (event: SyntheticEvent) => {
    event.preventDefault();
    if (problem === null) {
      onAsk(question.trim(), asked(asking, Date.now()));
    }
  };
  const focus = (at: number) => list.current?.querySelectorAll("input")[at]?.focus();
  const press = (event: KeyboardEvent, at: number) => {
    // Enter goes on to the next answer; the button sends.
    if (event.key === "Enter" && !event.nativeEvent.isComposing) {
      event.preventDefault();
      focus(at + 1);
    }
  };

  return (
    <Dialog title={t("writing.poll")} onClose={onClose}>
      <form className="dialog-form" onSubmit={send} data-testid="poll-form">
        <label className="field">
          {t("writing.pollQuestion")}
          <input name="question" type="text" dir="auto" required autoComplete="off" value={question} onChange={(event) => { setAsking({ ...asking, question: event.target.value }); }} />
        </label>
        <fieldset className="poll-answers">
          <legend>{t("writing.pollAnswers")}</legend>
          <ol ref={list}>
            {answers.map((answer, at) => (
              // An answer has no name but its place.
              <li key={at} className="poll-answer">
                <input
                  type="text"
                  dir="auto"
                  maxLength={MAX_ANSWER}
                  autoComplete="off"
                  aria-label={t("writing.pollAnswer", { number: at + 1 })}
                  placeholder={t("writing.pollAnswer", { number: at + 1 })}
                  value={answer}
                  onChange={(event) => { setAsking({ ...asking, answers: withAnswer(answers, at, event.target.value) }); }}
                  onKeyDown={(event) => { press(event, at); }}
                />
                {answers.length > MIN_ANSWERS && answer !== "" && (
                  <button
                    className="button-icon"
                    type="button"
                    aria-label={t("writing.pollRemove", { number: at + 1 })}
                    onClick={() => {
                      setAsking({ ...asking, answers: withoutAnswer(answers, at) });
                      focus(Math.max(0, at - 1));
                    }}
                  >
                    <Icon name="close" size={18} />
                  </button>
                )}
              </li>
            ))}
          </ol>
          <p className="field-hint" role="status">
            {problem === "twice" ? t("writing.pollTwice") : t("writing.pollRoom", { count: MAX_ANSWERS - options.length })}
          </p>
        </fieldset>
        <Switch label={t("writing.pollMany")} isOn={isMultiple} onChange={(isOn) => { setAsking({ ...asking, isMultiple: isOn }); }} />
        <Select
          label={t("writing.pollEnds")}
          value={String(closesAfterS)}
          options={spanOptions(SPANS, closesAfterS, t("writing.pollOpen"), words)}
          onChange={(seconds) => { setAsking({ ...asking, closesAfterS: Number(seconds) }); }}
        />
        <p className="field-hint">{t("writing.pollPublic")}</p>
        <button className="button button-primary" type="submit" disabled={problem !== null}>
          {t("writing.pollAsk")}
        </button>
      </form>
    </Dialog>
  );
}

export const PollDialog = alsoSaying(PollDialogInside, writing);
