import settings from "virtual:texts/en/settings";

import { useAction } from "./action";
import { useClient } from "./context";
import { alsoSaying, useText } from "./words";

/** The offer of notifications. */
function Offer({ onAnswered }: { readonly onAnswered: () => void }) {
  const { notifier } = useClient();
  const t = useText();
  const { run, isBusy, error } = useAction();
  return (
    <section className="offer" aria-labelledby="offer-title" data-testid="notifications-offer">
      <h2 id="offer-title">{t("settings.offerTitle")}</h2>
      <p>{t("settings.offerText")}</p>
      {error !== null && <p className="error" role="alert">{error}</p>}
      <div className="offer-buttons">
        <button className="button button-primary" type="button" disabled={isBusy} onClick={() => void run(() => notifier.turnOn(), onAnswered)}>{t("settings.offerYes")}</button>
        <button className="button" type="button" onClick={onAnswered}>{t("settings.offerNo")}</button>
      </div>
    </section>
  );
}

export default alsoSaying(Offer, settings);
