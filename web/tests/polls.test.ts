import { describe, expect, it } from "vitest";

import { type Asking, asked, checked, MAX_ANSWERS, withAnswer, withoutAnswer } from "../src/core/polls";

const ASKING: Asking = { question: "Tea?", answers: ["Yes ", "No", ""], isMultiple: false, closesAfterS: 0 };

describe("a poll that is being made", () => {
  it("has the answers that are written", () => {
    expect(asked(ASKING, 5_000)).toEqual({ options: ["Yes", "No"], isMultiple: false, closesAt: null });
    expect(asked({ ...ASKING, isMultiple: true, closesAfterS: 60 }, 5_000)).toEqual({ options: ["Yes", "No"], isMultiple: true, closesAt: 65_000 });
  });

  it("is none without a question, with one answer, or with one twice", () => {
    expect(checked({ ...ASKING, question: " " }).problem).toBe("incomplete");
    expect(checked({ ...ASKING, answers: ["Yes", " "] }).problem).toBe("incomplete");
    expect(checked({ ...ASKING, answers: ["Yes", "Yes "] }).problem).toBe("twice");
    expect(checked(ASKING).problem).toBeNull();
  });

  it("has room for one answer more, up to what the server takes", () => {
    let answers = withAnswer(["", ""], 0, "a");
    expect(answers).toEqual(["a", ""]);
    answers = withAnswer(answers, 1, "b");
    expect(answers).toEqual(["a", "b", ""]);
    for (let at = 2; at < 30; at += 1) {
      answers = withAnswer(answers, at, `answer ${at}`);
    }
    expect(answers).toHaveLength(MAX_ANSWERS);
    expect(answers.at(-1)).toBe("answer 19");
    expect(withoutAnswer(answers, 0)).toHaveLength(MAX_ANSWERS);
    expect(withoutAnswer(answers, 0).at(-1)).toBe("");
  });

  it("never has less than two", () => {
    expect(withoutAnswer(["a", "b"], 0)).toEqual(["b", ""]);
    expect(withoutAnswer(["a", ""], 0)).toEqual(["", ""]);
  });
});
