import { describe, expect, it } from "vitest";

import { levelOf, voiceFormat, voiceProblem } from "../src/core/voice";

describe("a voice note", () => {
  it("is recorded in the best that the browser has", () => {
    expect(voiceFormat(() => true)?.extension).toBe("webm");
    expect(voiceFormat((mediaType) => mediaType === "audio/mp4")?.extension).toBe("m4a");
    expect(voiceFormat(() => false)).toBeNull();
  });

  it("is as loud as it is far from silence, either way", () => {
    expect(levelOf([128, 128, 128])).toBe(0);
    expect(levelOf([])).toBe(0);
    expect(levelOf([118, 138])).toBeCloseTo(0.223, 2);
    expect(levelOf([0, 255])).toBe(1);
  });

  it("is explained by its cure where there is none", () => {
    expect(["NotAllowedError", "NotFoundError", "NotReadableError", ""].map(voiceProblem)).toEqual(["denied", "none", "busy", "busy"]);
  });
});
