"""Make the pictures of the documents from a running stack: `python docs/screenshots.py`. Needs Debian's Chromium."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from bench.client import PASSWORD, Account, Api, Socket

IMAGES = Path(__file__).parent / "images"
EDGE = f"http://127.0.0.1:{os.environ.get('ELASTIC_CHAT_PORT', '8080')}"
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")

TALK = (
    ("jonas", "How is the new place?"),
    ("maya", "Boxes everywhere, but the light in the morning is worth it."),
    ("maya", "And the neighbours brought bread and salt. Actual bread and salt!"),
    ("jonas", "That is the best kind of neighbour"),
    ("jonas", "Are we still on for the river walk? The path is open again."),
    ("maya", "Yes! Half past ten at the bridge?"),
    ("jonas", "Half past ten it is."),
)
GROUP = (
    ("priya", "I bring the lemonade, who brings the cups?"),
    ("jonas", "Cups and the long table are on me"),
    ("maya", "Then I only have to bring an appetite"),
)


async def furnish(api: Api) -> tuple[Account, Socket]:
    """Let four people talk; return the one whose screen is shown, and the connection of the one who stays."""
    people = {}
    for name, shown in (("maya", "Maya Okafor"), ("jonas", "Jonas Lindqvist"), ("priya", "Priya Raman"), ("aiko", "Aiko Tanaka")):
        people[name] = await api.register(name, shown)
    maya = people["maya"]
    sockets = {name: await Socket.open(api, account) for name, account in people.items()}
    direct = await api.direct(maya, people["jonas"])
    aiko = await api.direct(maya, people["aiko"])
    group = await api.group(maya, "Garden party", [people["jonas"], people["priya"]])
    said = [(aiko, "aiko", "See you at the station at nine"), *((group, *line) for line in GROUP), *((direct, *line) for line in TALK)]
    for conversation_id, name, text in said:
        await sockets[name].say(conversation_id, text)
        await sockets[name].until("ack")
    for name in ("maya", "aiko", "priya"):
        await sockets[name].close()
    return maya, sockets["jonas"]


async def take(browser: Browser, user: Account, name: str, width: int, height: int, *, dark: bool) -> None:
    """Log in and take a picture of the newest conversation."""
    context = await browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", device_scale_factor=1.5
    )
    page = await context.new_page()
    await page.goto(EDGE)
    await page.get_by_label("User name").fill(user.username)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await page.get_by_test_id("conversation-item").first.click()
    await page.get_by_text(TALK[-1][1]).last.wait_for()
    await page.wait_for_timeout(1500)
    await page.screenshot(path=IMAGES / f"{name}.png")
    await context.close()


async def main() -> None:
    """Make every picture."""
    path = shutil.which("chromium")
    if path is None:
        sys.exit("These pictures are taken with Chromium: apt-get install chromium")
    api = Api(EDGE)
    maya, jonas = await furnish(api)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        await take(browser, maya, "chat", 1280, 800, dark=False)
        await take(browser, maya, "chat-dark", 1280, 800, dark=True)
        await take(browser, maya, "phone", 390, 800, dark=False)
        await browser.close()
    await jonas.close()
    await api.close()


if __name__ == "__main__":
    asyncio.run(main())
