/** How long a status lasts, as people say it. */

export type Lasting = "forever" | "halfHour" | "hour" | "fourHours" | "today" | "week";

const MINUTE_MS = 60_000;
const DAYS_OF_WEEK = 7;

/** When something ends that begins `now`, in Unix milliseconds; null if it does not. A day and a week end at midnight, the week on Sunday. */
export function endOf(lasting: Lasting, now: number): number | null {
  switch (lasting) {
    case "forever":
      return null;
    case "halfHour":
      return now + 30 * MINUTE_MS;
    case "hour":
      return now + 60 * MINUTE_MS;
    case "fourHours":
      return now + 240 * MINUTE_MS;
    case "today":
      return midnightAfter(now, 1);
    case "week":
      return midnightAfter(now, DAYS_OF_WEEK - ((new Date(now).getDay() + DAYS_OF_WEEK - 1) % DAYS_OF_WEEK));
  }
}

/** So many midnights on, where the user is. */
function midnightAfter(now: number, days: number): number {
  const at = new Date(now);
  return new Date(at.getFullYear(), at.getMonth(), at.getDate() + days).getTime();
}
