/** One timer that is set again and again: the last time given is the one that counts. */

/** The longest time that browsers can wait. */
const MAX_DELAY_MS = 2 ** 31 - 1;

export class Alarm {
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly ring: () => void) {}

  /** Rings at `at` (Unix milliseconds), or never if that is null. */
  set(at: number | null): void {
    clearTimeout(this.timer);
    this.timer = at === null ? undefined : setTimeout(this.ring, Math.min(Math.max(0, at - Date.now()), MAX_DELAY_MS));
  }
}
