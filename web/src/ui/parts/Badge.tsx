interface BadgeProps {
  readonly count: number;
  /** What the number means, for those who only hear it. */
  readonly label: string;
  /** Of what is muted: it is counted, and does not call. */
  readonly isQuiet?: boolean;
  readonly testId?: string;
}

const MAX_SHOWN = 99;

/** How many there are of something that wants to be seen. */
export function Badge({ count, label, isQuiet = false, testId }: BadgeProps) {
  return (
    <span className={isQuiet ? "badge badge-quiet" : "badge"} aria-label={label} data-testid={testId}>
      {count > MAX_SHOWN ? `${MAX_SHOWN}+` : count}
    </span>
  );
}
