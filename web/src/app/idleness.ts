/** Whether nobody uses the device: for as long as nothing was pressed, typed, touched or scrolled, or the page is not to be seen. */

const IDLE_AFTER_MS = 5 * 60_000;
const SIGNS = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart", "focus"] as const;

export class Idleness {
  private usedAt = Date.now();
  private wasIdle = false;

  /** Tells `changed` as soon as somebody is there again: a ping that comes later is soon enough for the other way. */
  constructor(private readonly changed: () => void) {
    for (const sign of SIGNS) {
      window.addEventListener(sign, this.used, { passive: true, capture: true });
    }
  }

  readonly isIdle = (): boolean => {
    this.wasIdle = Date.now() - this.usedAt >= IDLE_AFTER_MS;
    return this.wasIdle;
  };

  private readonly used = (): void => {
    this.usedAt = Date.now();
    if (this.wasIdle) {
      this.wasIdle = false;
      this.changed();
    }
  };
}
