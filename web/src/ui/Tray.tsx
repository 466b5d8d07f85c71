import type { Place } from "../core/composing";
import type { Tray as Files, Upload } from "../core/tray";
import { explain } from "../core/wording";
import { useClient } from "./context";
import { Icon } from "./Icon";
import { Progress } from "./parts/Progress";
import { useWords } from "./words";

/** The files that go with what is written at a place, and how far each is. */
export function Tray({ place, tray }: { readonly place: Place; readonly tray: Files }) {
  const { t } = useWords();
  return (
    <ul className="tray" aria-label={t("writing.files")} data-testid="tray">
      {tray.map((upload) => <Item key={upload.key} place={place} upload={upload} />)}
    </ul>
  );
}

const KIND_REFUSED = "FILE_TYPE_REFUSED";

function Item({ place, upload }: { readonly place: Place; readonly upload: Upload }) {
  const { files: { uploads } } = useClient();
  const words = useWords();
  const { t } = words;
  const { key, name, size, part, state, picture } = upload;
  const isUnderWay = state.type === "uploading" || state.type === "paused";
  return (
    <li className="tray-item" data-testid="attached" data-state={state.type}>
      {picture === null ? <span className="tray-sign"><Icon name="file" /></span> : <img className="tray-sign" src={picture} alt="" />}
      <span className="tray-words">
        <span className="tray-name" dir="auto" title={name}>{name}</span>
        {state.type === "failed" ? (
          <span className="tray-failure" role="alert">{explain(state.reason, t("errors.unexpected"), words)}{state.reason === KIND_REFUSED && ` ${t("writing.inZip")}`}</span>
        ) : (
          <span className="tray-note">
            {state.type === "paused" ? t("writing.uploadPaused", { size: words.size(size), percent: Math.floor(part * 100) }) : words.size(size)}
          </span>
        )}
        {isUnderWay && <Progress label={t("composer.uploading", { name })} part={part} />}
      </span>
      {state.type === "uploading" && <Button icon="pause" label={t("writing.uploadPause", { name })} onPress={() => { uploads.pause(place, key); }} />}
      {state.type === "paused" && <Button icon="play" label={t("writing.uploadResume", { name })} onPress={() => { uploads.resume(place, key); }} />}
      {state.type === "failed" && state.canRetry && <Button icon="retry" label={t("writing.uploadRetry", { name })} onPress={() => { uploads.resume(place, key); }} />}
      <Button icon="close" label={t("composer.remove", { name })} onPress={() => { uploads.remove(place, key); }} />
    </li>
  );
}

interface ButtonProps {
  readonly icon: "pause" | "play" | "retry" | "close";
  readonly label: string;
  readonly onPress: () => void;
}

function Button({ icon, label, onPress }: ButtonProps) {
  return (
    <button className="button-icon" type="button" aria-label={label} title={label} onClick={onPress}>
      <Icon name={icon} size={18} />
    </button>
  );
}
