import { sentenceOf } from "./action";
import { useWords } from "./words";

/** That something could not be loaded, and the way to try again. */
export function Failure({ reason, onRetry }: { readonly reason: unknown; readonly onRetry: () => Promise<void> }) {
  const words = useWords();
  return (
    <div className="error failure" role="alert">
      <p>{sentenceOf(reason, words)}</p>
      <button className="button" type="button" onClick={() => void onRetry()}>{words.t("common.tryAgain")}</button>
    </div>
  );
}
