import type { TextId } from "../../core/texts";
import { choose, type Density, type TextSize, type Theme, useAppearance } from "../appearance";
import { LanguageSelect } from "../LanguageSelect";
import { SegmentedControl } from "../parts/SegmentedControl";
import { Switch } from "../parts/Switch";
import { useText } from "../words";
import { Group } from "./Group";

const THEMES: readonly { readonly value: Theme; readonly label: TextId }[] = [
  { value: "system", label: "settings.themeSystem" },
  { value: "light", label: "settings.themeLight" },
  { value: "dark", label: "settings.themeDark" },
];
const DENSITIES: readonly { readonly value: Density; readonly label: TextId }[] = [
  { value: "comfortable", label: "settings.densityComfortable" },
  { value: "compact", label: "settings.densityCompact" },
];
const SIZES: readonly { readonly value: TextSize; readonly label: TextId }[] = [
  { value: "small", label: "settings.textSmall" },
  { value: "usual", label: "settings.textUsual" },
  { value: "large", label: "settings.textLarge" },
  { value: "largest", label: "settings.textLargest" },
];

/** How the page looks in this browser. What is chosen is so at once. */
export function AppearanceSection() {
  const t = useText();
  const { theme, density, text, motion } = useAppearance();
  const named = <T extends string>(options: readonly { readonly value: T; readonly label: TextId }[]) => options.map(({ value, label }) => ({ value, label: t(label) }));
  return (
    <>
      <Group title={t("settings.theme")}>
        <SegmentedControl label={t("settings.theme")} value={theme} options={named(THEMES)} onChange={(value) => { choose({ theme: value }); }} />
      </Group>
      <Group title={t("settings.density")}>
        <SegmentedControl label={t("settings.density")} value={density} options={named(DENSITIES)} onChange={(value) => { choose({ density: value }); }} />
      </Group>
      <Group title={t("settings.text")}>
        <SegmentedControl label={t("settings.text")} value={text} options={named(SIZES)} onChange={(value) => { choose({ text: value }); }} />
      </Group>
      <Group title={t("settings.motion")}>
        <Switch
          label={t("settings.motionReduced")}
          hint={t("settings.motionHint")}
          isOn={motion === "reduced"}
          onChange={(isOn) => { choose({ motion: isOn ? "reduced" : "system" }); }}
        />
      </Group>
      <Group title={t("common.language")} hint={t("settings.languageHint")}>
        <LanguageSelect />
      </Group>
    </>
  );
}
