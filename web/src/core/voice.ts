/** Voice notes, as far as they need no microphone. */

export interface VoiceFormat {
  readonly mediaType: string;
  readonly extension: string;
}

/** The best first. The last is what Safari has. */
const FORMATS: readonly VoiceFormat[] = [
  { mediaType: "audio/webm;codecs=opus", extension: "webm" },
  { mediaType: "audio/ogg;codecs=opus", extension: "ogg" },
  { mediaType: "audio/mp4", extension: "m4a" },
];

/** What a browser can record in; null if it can't in anything that others can play. */
export function voiceFormat(canRecord: (mediaType: string) => boolean): VoiceFormat | null {
  return FORMATS.find(({ mediaType }) => canRecord(mediaType)) ?? null;
}

/** Bytes of sound in which this is silence. */
const SILENCE = 128;
/** So loud people speak: what is louder fills the meter, too. */
const LOUD = 0.35;

/** How loud some samples are, from 0 to 1. */
export function levelOf(samples: ArrayLike<number>): number {
  const sum = Array.from(samples).reduce((before, sample) => before + ((sample - SILENCE) / SILENCE) ** 2, 0);
  return samples.length === 0 ? 0 : Math.min(1, Math.sqrt(sum / samples.length) / LOUD);
}

/** Why there is no recording, by the name that browsers give it. */
export type VoiceProblem = "denied" | "none" | "busy";

export function voiceProblem(name: string): VoiceProblem {
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return "denied";
    case "NotFoundError":
    case "OverconstrainedError":
      return "none";
    default:
      return "busy";
  }
}
