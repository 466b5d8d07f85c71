interface SkeletonProps {
  /** What is being loaded, for those who don't see it. */
  readonly label: string;
  readonly rows?: number;
  /** Rows as of a list of people, or as of messages. */
  readonly shape?: "people" | "messages";
}

/** The outline of what is coming, as large as that will be. */
export function Skeleton({ label, rows = 4, shape = "people" }: SkeletonProps) {
  return (
    <div className={`skeletons skeletons-${shape}`} role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, index) =>
        shape === "people" ? (
          <div key={index} className="skeleton-row">
            <span className="skeleton skeleton-avatar" />
            <span className="skeleton-lines">
              <span className="skeleton skeleton-line" />
              <span className="skeleton skeleton-line skeleton-line-short" />
            </span>
          </div>
        ) : (
          <span key={index} className="skeleton skeleton-bubble" />
        ),
      )}
    </div>
  );
}
