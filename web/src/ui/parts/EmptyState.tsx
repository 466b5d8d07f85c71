import type { ReactNode } from "react";

import { Icon, type IconName } from "../Icon";

interface EmptyStateProps {
  readonly icon: IconName;
  readonly title: string;
  /** What one could do, and the button for it. */
  readonly children?: ReactNode;
}

/** What stands where there is nothing yet. */
export function EmptyState({ icon, title, children }: EmptyStateProps) {
  return (
    <div className="empty-state">
      <span className="empty-state-icon">
        <Icon name={icon} size={24} />
      </span>
      <p className="empty-state-title">{title}</p>
      {children}
    </div>
  );
}
