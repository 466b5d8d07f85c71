import { useEffect, useEffectEvent, useRef, useState } from "react";
import writing from "virtual:texts/en/writing";

import { type VoiceFormat, voiceProblem } from "../core/voice";
import { Icon } from "./Icon";
import { useToast } from "./parts/toasts";
import { Recorder } from "./recorder";
import { alsoSaying, useWords } from "./words";

interface VoiceNoteProps {
  readonly format: VoiceFormat;
  readonly onDone: (file: File) => void;
  /** It was discarded, or there is no microphone. */
  readonly onEnd: () => void;
}

const EVERY_MS = 100;
const BARS = 40;
const PROBLEMS = { denied: "writing.voiceDenied", none: "writing.voiceNone", busy: "writing.voiceBusy" } as const;

/** Records at once, shows how loud it is and for how long, and gives what was heard or discards it. */
function VoiceNoteInside({ format, onDone, onEnd }: VoiceNoteProps) {
  const words = useWords();
  const { t } = words;
  const toast = useToast();
  const recorder = useRef<Recorder | null>(null);
  const done = useRef<HTMLButtonElement>(null);
  const [levels, setLevels] = useState<readonly number[]>([]);
  const [startedAt, setStartedAt] = useState<number | null>(null);
  const [now, setNow] = useState(0);

  const giveUp = (failure: unknown) => {
    toast(t(PROBLEMS[voiceProblem(failure instanceof Error ? failure.name : "")]));
    onEnd();
  };
  const refused = useEffectEvent(giveUp);
  useEffect(() => {
    let isOver = false;
    let timer: ReturnType<typeof setInterval> | undefined;
    Recorder.start(format).then(
      (started) => {
        if (isOver) {
          started.cancel();
          return;
        }
        recorder.current = started;
        setStartedAt(Date.now());
        setNow(Date.now());
        timer = setInterval(() => {
          setLevels((before) => [...before, started.level()].slice(-BARS));
          setNow(Date.now());
        }, EVERY_MS);
      },
      (failure: unknown) => {
        if (!isOver) {
          refused(failure);
        }
      },
    );
    return () => {
      isOver = true;
      clearInterval(timer);
      recorder.current?.cancel();
      recorder.current = null;
    };
  }, [format]);

  const isRecording = startedAt !== null;
  useEffect(() => {
    if (isRecording) {
      done.current?.focus();
    }
  }, [isRecording]);

  return (
    <div
      className="composer-box voice"
      role="group"
      aria-label={t("writing.voice")}
      data-testid="voice"
      onKeyDown={(event) => {
        if (event.key === "Escape") {
          event.stopPropagation();
          onEnd();
        }
      }}
    >
      <button className="button-icon" type="button" aria-label={t("writing.voiceDiscard")} title={t("writing.voiceDiscard")} onClick={onEnd}>
        <Icon name="bin" />
      </button>
      <span className="voice-sign" aria-hidden="true" />
      <span className="voice-time" role="timer" aria-live="off">{words.length(isRecording ? now - startedAt : 0)}</span>
      <span className="visually-hidden" role="status">{isRecording ? t("writing.voiceRecording") : ""}</span>
      <span className="voice-levels" aria-hidden="true" data-testid="voice-levels">
        {levels.map((level, at) => <i key={at} style={{ blockSize: `${Math.max(8, level * 100)}%` }} />)}
      </span>
      <button
        ref={done}
        className="button-icon button-send"
        type="button"
        disabled={!isRecording}
        aria-label={t("writing.voiceSend")}
        title={t("writing.voiceSend")}
        data-testid="voice-send"
        onClick={() => { recorder.current?.stop(t("writing.voiceName")).then(onDone, giveUp); }}
      >
        <Icon name="send" />
      </button>
    </div>
  );
}

export const VoiceNote = alsoSaying(VoiceNoteInside, writing);
