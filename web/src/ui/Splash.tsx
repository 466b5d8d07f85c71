import { Logo } from "./Logo";

/** While it is found out who is here. */
export function Splash() {
  return (
    <main className="splash" aria-busy="true" aria-label="Loading">
      <Logo size={56} />
    </main>
  );
}
