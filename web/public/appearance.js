// Runs before anything is drawn, so that the page never shows itself in other colours first. What it reads is written by src/ui/appearance.ts.
(() => {
  try {
    const { theme, density, text, motion } = JSON.parse(localStorage.getItem("elastic-chat.appearance") ?? "{}");
    const root = document.documentElement.dataset;
    if (theme === "light" || theme === "dark") {
      root.theme = theme;
    }
    if (density === "compact") {
      root.density = density;
    }
    if (["small", "large", "largest"].includes(text)) {
      root.text = text;
    }
    if (motion === "reduced") {
      root.motion = motion;
    }
  } catch {
    // Without storage, or with something else in it, the system decides.
  }
})();
