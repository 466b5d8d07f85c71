/** How the reasons for a report are called. */

import type { TextId } from "../../core/texts";
import type { ReportCategory } from "../../core/types";

/** The name of each, and what belongs to it. */
export const CATEGORIES: Readonly<Record<ReportCategory, readonly [TextId, TextId]>> = {
  spam: ["safety.spam", "safety.spamHint"],
  harassment: ["safety.harassment", "safety.harassmentHint"],
  hate: ["safety.hate", "safety.hateHint"],
  violence: ["safety.violence", "safety.violenceHint"],
  sexual: ["safety.sexual", "safety.sexualHint"],
  self_harm: ["safety.selfHarm", "safety.selfHarmHint"],
  illegal: ["safety.illegal", "safety.illegalHint"],
  other: ["safety.other", "safety.otherHint"],
};
