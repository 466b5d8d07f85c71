"""What axe-core finds wrong with a page."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Page

from tests.e2e.looks import STILL, THEME
from tests.e2e.stack import ROOT

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


async def faults(page: Page) -> list[str]:
    """Return what axe finds on a page, in the light and in the dark."""
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = []
    for theme in ("light", "dark"):
        await page.evaluate(THEME, theme)
        await page.evaluate(STILL)
        result: dict[str, Any] = await page.evaluate("(tags) => axe.run(document, { runOnly: tags, resultTypes: ['violations'] })", RULES)
        found += [
            f"{theme}: {fault['id']}: {fault['help']}: {node['html']}: {node['failureSummary']}"
            for fault in result["violations"]
            for node in fault["nodes"]
        ]
    return found
