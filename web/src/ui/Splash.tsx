import { Logo } from "./Logo";
import { useText } from "./words";

/** While it is found out who is here. */
export function Splash() {
  const t = useText();
  return (
    <main className="splash" aria-busy="true" aria-label={t("common.loading")}>
      <Logo size={56} />
    </main>
  );
}
