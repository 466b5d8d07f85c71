interface ProgressProps {
  readonly label: string;
  /** From 0 to 1; null while that can't be told. */
  readonly part: number | null;
}

/** How far something is. */
export function Progress({ label, part }: ProgressProps) {
  return <progress className="progress" aria-label={label} {...(part === null ? {} : { value: part })} />;
}
