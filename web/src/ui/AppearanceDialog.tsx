import type { TextId } from "../core/texts";
import { choose, type Density, type Theme, useAppearance } from "./appearance";
import { Dialog } from "./parts/Dialog";
import { SegmentedControl } from "./parts/SegmentedControl";
import { useText } from "./words";

const THEMES: readonly { readonly value: Theme; readonly label: TextId }[] = [
  { value: "system", label: "settings.themeSystem" },
  { value: "light", label: "settings.themeLight" },
  { value: "dark", label: "settings.themeDark" },
];
const DENSITIES: readonly { readonly value: Density; readonly label: TextId }[] = [
  { value: "comfortable", label: "settings.densityComfortable" },
  { value: "compact", label: "settings.densityCompact" },
];

/** How the page looks in this browser. What is chosen is so at once. */
export function AppearanceDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useText();
  const { theme, density } = useAppearance();
  const named = <T extends string>(options: readonly { readonly value: T; readonly label: TextId }[]) => options.map(({ value, label }) => ({ value, label: t(label) }));
  return (
    <Dialog title={t("settings.appearance")} onClose={onClose}>
      <div className="setting">
        <h3>{t("settings.theme")}</h3>
        <SegmentedControl label={t("settings.theme")} value={theme} options={named(THEMES)} onChange={(value) => { choose({ theme: value }); }} />
      </div>
      <div className="setting">
        <h3>{t("settings.density")}</h3>
        <SegmentedControl label={t("settings.density")} value={density} options={named(DENSITIES)} onChange={(value) => { choose({ density: value }); }} />
      </div>
    </Dialog>
  );
}
