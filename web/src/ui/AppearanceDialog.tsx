import { choose, type Density, type Theme, useAppearance } from "./appearance";
import { Dialog } from "./parts/Dialog";
import { SegmentedControl } from "./parts/SegmentedControl";

const THEMES: readonly { readonly value: Theme; readonly label: string }[] = [
  { value: "system", label: "System" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
];
const DENSITIES: readonly { readonly value: Density; readonly label: string }[] = [
  { value: "comfortable", label: "Comfortable" },
  { value: "compact", label: "Compact" },
];

/** How the page looks in this browser. What is chosen is so at once. */
export function AppearanceDialog({ onClose }: { readonly onClose: () => void }) {
  const { theme, density } = useAppearance();
  return (
    <Dialog title="Appearance" onClose={onClose}>
      <div className="setting">
        <h3>Colours</h3>
        <SegmentedControl label="Colours" value={theme} options={THEMES} onChange={(value) => { choose({ theme: value }); }} />
      </div>
      <div className="setting">
        <h3>Density</h3>
        <SegmentedControl label="Density" value={density} options={DENSITIES} onChange={(value) => { choose({ density: value }); }} />
      </div>
    </Dialog>
  );
}
