/** Takes files that are dragged over the part of the page in which one writes, and says where they would go. */

import { type ReactNode, type RefObject, useEffect, useEffectEvent, useState } from "react";

import { Icon } from "./Icon";
import { useText } from "./words";

/** What takes files: a conversation, or a thread. */
const AREA = ".conversation, .thread";

/** `title`: of what they go to. `inside` is something in the area that takes them. */
export function useDropping(inside: RefObject<HTMLElement | null>, title: string, isTaken: boolean, onDrop: (files: readonly File[]) => void): ReactNode {
  const t = useText();
  const [isOver, setOver] = useState(false);
  const drop = useEffectEvent(onDrop);

  useEffect(() => {
    const area = inside.current?.closest(AREA);
    if (!isTaken || !(area instanceof HTMLElement)) {
      return;
    }
    const over = (event: DragEvent) => {
      if (hasFiles(event)) {
        // Without this, the browser would open the file in the place of the page.
        event.preventDefault();
        setOver(true);
      }
    };
    const leave = (event: DragEvent) => {
      if (!(event.relatedTarget instanceof Node && area.contains(event.relatedTarget))) {
        setOver(false);
      }
    };
    const dropped = (event: DragEvent) => {
      if (hasFiles(event)) {
        event.preventDefault();
        setOver(false);
        drop([...(event.dataTransfer?.files ?? [])]);
      }
    };
    area.addEventListener("dragenter", over);
    area.addEventListener("dragover", over);
    area.addEventListener("dragleave", leave);
    area.addEventListener("drop", dropped);
    return () => {
      area.removeEventListener("dragenter", over);
      area.removeEventListener("dragover", over);
      area.removeEventListener("dragleave", leave);
      area.removeEventListener("drop", dropped);
      setOver(false);
    };
  }, [inside, isTaken]);

  return (
    isOver && (
      <div className="drop" data-testid="drop">
        <p className="drop-words">
          <Icon name="attach" size={24} />
          {t("writing.drop", { title })}
        </p>
      </div>
    )
  );
}

function hasFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes("Files") === true;
}
