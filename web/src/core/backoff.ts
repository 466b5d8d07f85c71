/**
 * Exponential backoff with full jitter: a wait between nothing and a ceiling that doubles with each attempt, so that clients that were cut
 * off together don't come back together.
 */

export interface BackoffRule {
  /** The ceiling of the first wait, in milliseconds. */
  readonly baseMs: number;
  /** The highest ceiling, in milliseconds. */
  readonly capMs: number;
}

/** Milliseconds to wait before attempt number `attempt` (from 0). `random` is in [0, 1). */
export function backoffMs(rule: BackoffRule, attempt: number, random: number): number {
  return Math.round(random * Math.min(rule.capMs, rule.baseMs * 2 ** Math.min(attempt, 30)));
}
