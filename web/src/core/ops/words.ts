/** Numbers and times as people read them. What is not known is a dash. */

export const UNKNOWN = "–";

/** Three digits that count. */
export function number(value: number | null): string {
  if (value === null) {
    return UNKNOWN;
  }
  const size = Math.abs(value);
  if (size >= 1_000_000) {
    return `${digits(value / 1_000_000)}M`;
  }
  return size >= 10_000 ? `${digits(value / 1_000)}k` : digits(value);
}

function digits(value: number): string {
  const size = Math.abs(value);
  const places = size === 0 || size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return value.toLocaleString("en", { maximumFractionDigits: places });
}

export function whole(value: number | null): string {
  return value === null ? UNKNOWN : Math.round(value).toLocaleString("en");
}

export function milliseconds(value: number | null): string {
  if (value === null) {
    return UNKNOWN;
  }
  if (value >= 10_000) {
    return `${digits(value / 1_000)} s`;
  }
  return value < 1 ? "<1 ms" : `${digits(value)} ms`;
}

export function percent(value: number | null): string {
  if (value === null) {
    return UNKNOWN;
  }
  return value > 0 && value < 0.01 ? "<0.01 %" : `${digits(value)} %`;
}

export function bytes(value: number | null): string {
  if (value === null) {
    return UNKNOWN;
  }
  return value >= 1e9 ? `${digits(value / 1e9)} GB` : `${digits(value / 1e6)} MB`;
}

/** How long something has lasted, or will, in its two largest units. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const [days, hours, minutes] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3_600) % 24, Math.floor(seconds / 60) % 60];
  if (days > 0) {
    return `${days} d ${hours} h`;
  }
  if (hours > 0) {
    return `${hours} h ${minutes} min`;
  }
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

const STATUSES: Readonly<Record<string, string>> = {
  "0": "OK",
  "1": "CANCELLED",
  "2": "UNKNOWN",
  "3": "INVALID_ARGUMENT",
  "4": "DEADLINE_EXCEEDED",
  "5": "NOT_FOUND",
  "6": "ALREADY_EXISTS",
  "7": "PERMISSION_DENIED",
  "8": "RESOURCE_EXHAUSTED",
  "9": "FAILED_PRECONDITION",
  "10": "ABORTED",
  "11": "OUT_OF_RANGE",
  "12": "UNIMPLEMENTED",
  "13": "INTERNAL",
  "14": "UNAVAILABLE",
  "15": "DATA_LOSS",
  "16": "UNAUTHENTICATED",
};

/** With which statuses calls failed, the most frequent first. */
export function statuses(byStatus: Readonly<Record<string, number>>): string {
  return Object.entries(byStatus)
    .filter(([status]) => status !== "0")
    .sort(([, a], [, b]) => b - a)
    .map(([status, times]) => `${STATUSES[status] ?? `status ${status}`} ${whole(times)}`)
    .join(", ");
}
