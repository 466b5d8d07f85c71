import { useState } from "react";

import { initials, toneOf } from "../../core/wording";
import { Icon } from "../Icon";
import { useText } from "../words";

const TONES = 8;

interface AvatarProps {
  /** Gives the colour. */
  readonly id: string;
  readonly name: string;
  /** The address of a picture; without one, or if it can't be had, initials stand there. */
  readonly picture?: string | null;
  readonly isGroup?: boolean;
  readonly isOnline?: boolean;
  readonly size?: "small" | "medium" | "large";
}

export function Avatar({ id, name, picture = null, isGroup = false, isOnline = false, size = "medium" }: AvatarProps) {
  const t = useText();
  const [lost, setLost] = useState<string | null>(null);
  return (
    <span className={`avatar avatar-${size}`} data-tone={toneOf(id, TONES)}>
      {picture !== null && picture !== lost ? (
        <img src={picture} alt="" loading="lazy" decoding="async" onError={() => { setLost(picture); }} />
      ) : (
        <span aria-hidden="true">{name === "…" ? <Icon name="person" size={18} /> : initials(name)}</span>
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
