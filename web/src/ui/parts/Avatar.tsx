import { type ComponentType, lazy, Suspense, useCallback } from "react";

import { avatarOf } from "../../core/select";
import type { State } from "../../core/state";
import type { FileId } from "../../core/types";
import { initials, toneOf } from "../../core/wording";
import { useSelected } from "../context";
import { Icon } from "../Icon";
import { useText } from "../words";

const TONES = 8;

// Letters stand there until it comes, and for good if it can't be had.
const AvatarPicture = lazy<ComponentType<{ readonly fileId: FileId }>>(() => import("./AvatarPicture").catch(() => ({ default: () => null })));

interface AvatarProps {
  /** Of a user or a conversation: gives the colour, and the picture if there is one. */
  readonly id: string;
  /** Its initials stand where there is no picture, or none yet. */
  readonly name: string;
  readonly isGroup?: boolean;
  readonly isOnline?: boolean;
  readonly size?: "small" | "medium" | "large";
}

export function Avatar({ id, name, isGroup = false, isOnline = false, size = "medium" }: AvatarProps) {
  const t = useText();
  const fileId = useSelected(useCallback((state: State) => avatarOf(state, id), [id]));
  return (
    <span className={`avatar avatar-${size}`} data-tone={toneOf(id, TONES)}>
      <span aria-hidden="true">{name === "…" ? <Icon name="person" size={18} /> : initials(name)}</span>
      {fileId !== null && (
        <Suspense>
          <AvatarPicture key={fileId} fileId={fileId} />
        </Suspense>
      )}
      {isGroup && (
        <span className="avatar-group" aria-hidden="true">
          <Icon name="people" size={11} />
        </span>
      )}
      {isOnline && <span className="avatar-online" role="img" aria-label={t("presence.online")} data-testid="online-dot" />}
    </span>
  );
}
