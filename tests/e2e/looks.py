"""What views look like: pictures of a page of which nothing is left to chance, compared with those that somebody has found right."""

from __future__ import annotations

import base64
import io
from pathlib import Path

from PIL import Image, ImageChops
from playwright.async_api import Page

from tests.e2e.stack import ROOT

RIGHT = Path(__file__).parent / "looks"
MADE = ROOT / "build" / "looks"
"""Where a picture is put that is not like the right one: whoever finds it right moves it there."""
FONTS = ROOT / "web" / "node_modules" / "@fontsource" / "inter" / "files"
WEIGHTS = (400, 500, 600, 700)
SCALE = 2
"""Pictures are kept so much smaller: then it does not matter how a machine smooths the edges of letters."""
NOTICED = 40
"""Of 255: a pixel that differs by less looks the same."""
TILE = 24
"""Pixels: a picture is compared by tiles of this size, because a button is little of a whole page."""
ALLOWED = 0.05
"""Of the pixels of the worst tile."""

LETTERS = """
async (fonts) => {
  for (const [weight, data] of Object.entries(fonts)) {
    const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
    document.fonts.add(await new FontFace("Steady", bytes.buffer, { weight }).load());
  }
  const sheet = new CSSStyleSheet();
  const still = "animation: none !important; transition: none !important; caret-color: transparent !important";
  sheet.replaceSync(`:root { --font: Steady, sans-serif !important } *, ::before, ::after, ::backdrop { ${still} }`);
  document.adoptedStyleSheets = [sheet];
}
"""
"""Brings fonts and a style by ways that the policy of the page leaves to its own scripts."""

STEADY = """
() => {
  for (const time of document.querySelectorAll("time")) time.textContent = "12:00";
  for (const day of document.querySelectorAll(".day")) day.firstElementChild.textContent = "Today";
  for (const avatar of document.querySelectorAll("[data-tone]")) avatar.dataset.tone = "1";
  for (const field of document.querySelectorAll("input")) if (/-[0-9a-f]{8}$/.test(field.value)) field.value = "somebody";
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode;
    text.nodeValue = text.nodeValue.replace(/-[0-9a-f]{8}/g, "").replace(/\\p{Extended_Pictographic}\\uFE0F?/gu, "*");
  }
  document.activeElement.blur();
}
"""
"""Makes of a page what it is each time: of times, days, colours and names that chance has chosen, and of emoji, of which
each machine has others, nothing is left."""

THEME = "(theme) => { document.documentElement.dataset.theme = theme; }"

STILL = """() => Promise.all([document.fonts.ready, ...document.getAnimations()
  .filter((one) => one.effect.getComputedTiming().iterations !== Infinity)
  .map((one) => one.finished.catch(() => 0))])"""


async def make_steady(page: Page) -> None:
    """Let letters have the same shapes on each machine, and nothing blink. It lasts until the page begins anew."""
    fonts = {weight: base64.b64encode((FONTS / f"inter-latin-{weight}-normal.woff2").read_bytes()).decode() for weight in WEIGHTS}
    await page.evaluate(LETTERS, fonts)


async def picture_of(page: Page) -> Image.Image:
    """Take a picture of a page that was made steady."""
    await page.mouse.move(0, 0)
    await page.evaluate(STEADY)
    await page.evaluate(STILL)
    taken = Image.open(io.BytesIO(await page.screenshot())).convert("RGB")
    return taken.resize((taken.width // SCALE, taken.height // SCALE), Image.Resampling.BOX)


def difference(one: Image.Image, other: Image.Image) -> float:
    """Return the share of pixels that look different, in the worst tile; 1 where the sizes do."""
    if one.size != other.size:
        return 1.0
    red, green, blue = ImageChops.difference(one, other).split()
    most = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    different = most.point([0] * NOTICED + [255] * (256 - NOTICED))
    tiles = different.resize((-(-one.width // TILE), -(-one.height // TILE)), Image.Resampling.BOX)
    return max(tiles.tobytes()) / 255


def compare(name: str, taken: Image.Image) -> str | None:
    """Return what is wrong with a picture, and where it is put then; None if it is like the right one."""
    right = RIGHT / f"{name}.webp"
    share = difference(Image.open(right).convert("RGB"), taken) if right.exists() else 1.0
    made = MADE / right.name
    if share <= ALLOWED:
        made.unlink(missing_ok=True)
        return None
    made.parent.mkdir(parents=True, exist_ok=True)
    taken.save(made, quality=90, method=6)
    return f"{name}: {share:.2%} of a part of it looks different: compare {made} with {right}"
