"""Draw the icons of the installed app from the logo, into web/public/icons: `python docs/icons.py`."""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path

from playwright.async_api import async_playwright

PUBLIC = Path(__file__).resolve().parent.parent / "web" / "public"
LOGO = PUBLIC / "favicon.svg"
GROUND = "#0d6b5a"
SIZES = (192, 512)
SAFE = 0.7
"""How much of a maskable icon the logo takes: systems cut it to a shape of theirs, and leave a circle of 0.8 alone in any case."""


async def main() -> int:
    """Draw all of them."""
    path = shutil.which("chromium")
    if path is None:
        print("Chromium draws the icons: apt-get install chromium")
        return 1
    (PUBLIC / "icons").mkdir(exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for size in SIZES:
            page = await browser.new_page(viewport={"width": size, "height": size})
            for name, ground, share in (("app", "transparent", 1.0), ("maskable", GROUND, SAFE)):
                logo = LOGO.read_text(encoding="utf-8").replace("<svg", f'<svg width="{size * share}" height="{size * share}"', 1)
                await page.set_content(
                    f'<body style="margin:0;display:grid;place-items:center;height:100vh;background:{ground}">{logo}</body>'
                )
                await page.screenshot(path=PUBLIC / "icons" / f"{name}-{size}.png", omit_background=True)
        await browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
