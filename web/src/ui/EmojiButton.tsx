import { lazy, Suspense } from "react";

import type { IconName } from "./Icon";
import { Popover } from "./parts/Popover";
import { Skeleton } from "./parts/Skeleton";
import { useText } from "./words";

const EmojiPicker = lazy(() => import("./EmojiPicker"));

interface EmojiButtonProps {
  readonly label: string;
  readonly icon?: IconName;
  readonly testId: string;
  readonly isDisabled?: boolean;
  readonly onPick: (emoji: string) => void;
}

/** A button that opens the choice of an emoji. It and its words are fetched when somebody opens it. */
export function EmojiButton({ label, icon = "smile", testId, isDisabled = false, onPick }: EmojiButtonProps) {
  const t = useText();
  return (
    <Popover label={label} icon={icon} testId={testId} isDisabled={isDisabled}>
      {(close) => (
        <Suspense fallback={<div className="emoji-picker"><Skeleton label={t("composer.emojiLoading")} rows={5} /></div>}>
          <EmojiPicker
            onPick={(emoji) => {
              close();
              onPick(emoji);
            }}
          />
        </Suspense>
      )}
    </Popover>
  );
}
