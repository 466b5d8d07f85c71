import { type KeyboardEvent, type PointerEvent, useEffect, useEffectEvent, useId, useLayoutEffect, useMemo, useRef, useState } from "react";
import media from "virtual:texts/en/media";

import { kindOf, mediaOf, type Medium } from "../core/media";
import { nameOf } from "../core/select";
import { myId, type State } from "../core/state";
import type { ConversationId, FileRef } from "../core/types";
import { moved, type Point, type Size, swiped, type View, WHOLE, zoomed } from "../core/zoom";
import { useClient, useSelected } from "./context";
import { download, useFileUrl } from "./file_url";
import { Icon, type IconName } from "./Icon";
import { stepped, useFocusGivenBack } from "./parts/focus";
import { useToast } from "./parts/toasts";
import { alsoSaying, useWords } from "./words";

interface ViewerProps {
  readonly conversationId: ConversationId;
  /** The one that was opened. */
  readonly medium: Medium;
  readonly onClose: () => void;
}

/** Of one press. */
const STEP = 1.5;
const DOUBLE_CLICK = 2.5;
const WHEEL = 0.0025;

const partOf = ({ session, users, conversations }: State) => ({ session, users, conversations });

/** Shows a picture or a film as large as there is room, and leads to those before and after it in the conversation. */
function ViewerInside({ conversationId, medium, onClose }: ViewerProps) {
  const client = useClient();
  const words = useWords();
  const { t } = words;
  const toast = useToast();
  const { session, users, conversations } = useSelected(partOf);
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const [opened, setOpened] = useState(medium);
  const [view, setView] = useState<View>(WHOLE);
  const chat = conversations.get(conversationId);
  const loaded = useMemo(() => (chat === undefined ? [] : mediaOf(chat, myId({ session }))), [chat, session]);
  const found = loaded.findIndex(({ file }) => file.fileId === opened.file.fileId);
  // What was opened stays, also if it is not among what is loaded, as in a thread.
  const all = found === -1 ? [opened] : loaded;
  const at = Math.max(0, found);
  const { file, senderId } = opened;
  const isPicture = kindOf(file) === "picture";
  useFocusGivenBack(dialog, true);

  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    element?.focus();
    return () => { element?.close(); };
  }, []);

  const show = (to: number) => {
    const next = all[to];
    if (next !== undefined) {
      setOpened(next);
      setView(WHOLE);
    }
  };
  const zoom = (factor: number) => {
    const sizes = sizesOf(dialog.current);
    if (isPicture && sizes !== null) {
      setView((before) => zoomed(before, factor, WHOLE, ...sizes));
    }
  };
  const press = (event: KeyboardEvent<HTMLDialogElement>) => {
    if (event.target instanceof HTMLVideoElement || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    // The ends have something beyond them, so that the keys lead in no circle.
    const step = stepped(event, "horizontal", at + 1, all.length + 2);
    const next = event.key === "Home" ? 0 : event.key === "End" ? all.length - 1 : step === null ? null : step - 1;
    const factor = { "+": STEP, "=": STEP, "-": 1 / STEP, "0": 0 }[event.key];
    if (next !== null) {
      event.preventDefault();
      show(next);
    } else if (factor !== undefined) {
      event.preventDefault();
      zoom(factor);
    }
  };

  return (
    <dialog
      ref={dialog}
      className="viewer"
      aria-labelledby={titleId}
      tabIndex={-1}
      data-testid="viewer"
      data-scale={view.scale}
      onKeyDown={press}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <header className="viewer-head">
        <div className="viewer-words">
          <h2 id={titleId} dir="auto">{file.name}</h2>
          <p>
            <bdi>{nameOf({ users }, senderId, words)}</bdi> · {words.moment(opened.at)}
            {all.length > 1 && <> · <span role="status" data-testid="viewer-place">{t("media.place", { number: at + 1, count: all.length })}</span></>}
          </p>
        </div>
        {isPicture && (
          <>
            <Button icon="minus" label={t("media.smaller")} isDisabled={view.scale === 1} onPress={() => { zoom(1 / STEP); }} />
            <Button icon="plus" label={t("media.larger")} isDisabled={false} onPress={() => { zoom(STEP); }} />
          </>
        )}
        <Button icon="download" label={t("media.download")} isDisabled={false} onPress={() => { download(client, file).catch(() => { toast(t("messages.fileLost", { name: file.name })); }); }} />
        <Button icon="close" label={t("common.close")} isDisabled={false} onPress={onClose} />
      </header>
      <div className="viewer-stage">
        {isPicture ? (
          <Picture
            key={file.fileId}
            file={file}
            view={view}
            onView={setView}
            onSwipe={(swipe) => {
              if (swipe === "close") {
                onClose();
              } else {
                show(at + (swipe === "next" ? 1 : -1));
              }
            }}
          />
        ) : (
          <Film key={file.fileId} file={file} />
        )}
        {at > 0 && <span className="viewer-side viewer-previous"><Button icon="back" label={t("media.previous")} isDisabled={false} onPress={() => { show(at - 1); }} /></span>}
        {at < all.length - 1 && <span className="viewer-side viewer-next"><Button icon="next" label={t("media.next")} isDisabled={false} onPress={() => { show(at + 1); }} /></span>}
      </div>
    </dialog>
  );
}

export const Viewer = alsoSaying(ViewerInside, media);

interface PictureProps {
  readonly file: FileRef;
  readonly view: View;
  readonly onView: (change: (before: View) => View) => void;
  readonly onSwipe: (swipe: "previous" | "next" | "close") => void;
}

/** A picture that follows fingers, the mouse and its wheel. */
function Picture({ file, view, onView, onSwipe }: PictureProps) {
  const { t } = useWords();
  const frame = useRef<HTMLDivElement>(null);
  const fingers = useRef(new Map<number, Point>());
  const way = useRef<Point>(WHOLE);
  const screen = useFileUrl(file);
  const whole = useFileUrl(file, true, view.scale > 1);

  const change = (make: (before: View, picture: Size, place: Size) => View) => {
    const sizes = sizesOf(frame.current);
    if (sizes !== null) {
      onView((before) => make(before, ...sizes));
    }
  };
  const wheel = useEffectEvent((event: WheelEvent) => {
    event.preventDefault();
    const point = fromMiddle(frame.current, event);
    change((before, picture, place) => zoomed(before, Math.exp(-event.deltaY * WHEEL), point, picture, place));
  });
  useEffect(() => {
    const element = frame.current;
    const turn = (event: WheelEvent) => { wheel(event); };
    element?.addEventListener("wheel", turn, { passive: false });
    return () => { element?.removeEventListener("wheel", turn); };
  }, []);

  const down = (event: PointerEvent<HTMLDivElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    fingers.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
    way.current = WHOLE;
  };
  const move = (event: PointerEvent<HTMLDivElement>) => {
    const before = fingers.current.get(event.pointerId);
    if (before === undefined) {
      return;
    }
    const now = { x: event.clientX, y: event.clientY };
    const by = { x: now.x - before.x, y: now.y - before.y };
    fingers.current.set(event.pointerId, now);
    const other = [...fingers.current].find(([id]) => id !== event.pointerId)?.[1];
    if (other === undefined) {
      way.current = { x: way.current.x + by.x, y: way.current.y + by.y };
      change((old, picture, place) => moved(old, by, picture, place));
    } else {
      const factor = Math.hypot(now.x - other.x, now.y - other.y) / Math.max(1, Math.hypot(before.x - other.x, before.y - other.y));
      const point = fromMiddle(frame.current, { clientX: (now.x + other.x) / 2, clientY: (now.y + other.y) / 2 });
      // What two fingers have done is no swipe of the one that is lifted last.
      way.current = WHOLE;
      change((old, picture, place) => zoomed(old, factor, point, picture, place));
    }
  };
  const up = (event: PointerEvent<HTMLDivElement>) => {
    const wasDown = fingers.current.delete(event.pointerId);
    const swipe = swiped(way.current, getComputedStyle(event.currentTarget).direction === "rtl");
    way.current = WHOLE;
    if (wasDown && event.type === "pointerup" && fingers.current.size === 0 && view.scale === 1 && swipe !== null) {
      onSwipe(swipe);
    }
  };

  if (screen.isLost) {
    return <p className="viewer-lost">{t("messages.fileLost", { name: file.name })}</p>;
  }
  return (
    <div
      ref={frame}
      className="viewer-frame"
      data-zoomed={view.scale > 1}
      onPointerDown={down}
      onPointerMove={move}
      onPointerUp={up}
      onPointerCancel={up}
      onDoubleClick={(event) => {
        const point = fromMiddle(event.currentTarget, event);
        change((before, picture, place) => (before.scale > 1 ? WHOLE : zoomed(before, DOUBLE_CLICK, point, picture, place)));
      }}
    >
      <img
        className="viewer-picture"
        src={whole.url ?? screen.url ?? undefined}
        alt={file.name}
        width={file.width}
        height={file.height}
        draggable={false}
        style={{ transform: `translate(${view.x}px, ${view.y}px) scale(${view.scale})` }}
      />
    </div>
  );
}

function Film({ file }: { readonly file: FileRef }) {
  const { t } = useWords();
  const { url, isLost, renew } = useFileUrl(file);
  if (isLost) {
    return <p className="viewer-lost">{t("messages.fileLost", { name: file.name })}</p>;
  }
  return (
    <div className="viewer-frame">
      <video className="viewer-picture" controls autoPlay playsInline src={url ?? undefined} aria-label={file.name} width={file.width} height={file.height} data-testid="viewer-film" onError={renew} />
    </div>
  );
}

interface ButtonProps {
  readonly icon: IconName;
  readonly label: string;
  readonly isDisabled: boolean;
  readonly onPress: () => void;
}

function Button({ icon, label, isDisabled, onPress }: ButtonProps) {
  return (
    <button className="button-icon" type="button" aria-label={label} title={label} disabled={isDisabled} onClick={onPress}>
      <Icon name={icon} />
    </button>
  );
}

/** Of the picture as a whole, and of its place; null if there is none. */
function sizesOf(within: HTMLElement | null): readonly [Size, Size] | null {
  const picture = within?.querySelector<HTMLElement>(".viewer-picture");
  const place = picture?.parentElement;
  return picture === null || picture === undefined || place === null || place === undefined
    ? null
    : [{ width: picture.offsetWidth, height: picture.offsetHeight }, { width: place.clientWidth, height: place.clientHeight }];
}

function fromMiddle(place: HTMLElement | null, { clientX, clientY }: { readonly clientX: number; readonly clientY: number }): Point {
  const box = place?.getBoundingClientRect();
  return box === undefined ? WHOLE : { x: clientX - box.left - box.width / 2, y: clientY - box.top - box.height / 2 };
}
