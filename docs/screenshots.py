"""Make the pictures of the documents from a running stack: `python docs/screenshots.py`. Needs Debian's Chromium."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

from PIL import Image, ImageDraw, ImageFilter
from playwright.async_api import Browser, async_playwright

from bench.client import PASSWORD, Account, Api, Socket
from chatkit.core.ids import new_id
from launcher.topology import Topology
from tests.e2e.journey import first_day
from tests.e2e.person import FLAGS, Person
from tests.e2e.stack import Stack

IMAGES = Path(__file__).parent / "images"
STACK = Stack(Topology(int(os.environ.get("ELASTIC_CHAT_PORT", "8080"))), Path())
"""The one of which pictures are taken: nothing is done with its folder."""

TALK = (
    ("jonas", "How is the new place?"),
    ("maya", "Boxes everywhere, but the light in the morning is worth it."),
    ("maya", "And the neighbours brought bread and salt. Actual bread and salt!"),
    ("jonas", "That is the best kind of neighbour"),
    ("jonas", "Are we still on for the river walk? The path is open again."),
    ("maya", "Yes! Half past ten at the bridge?"),
    ("jonas", "Half past ten it is."),
)
LIKED = 2
"""Which of them gets a heart."""
QUESTION, ANSWERS = "Which way? It **rained** yesterday.", ("Along the water", "Over the hill")
PHONE = 500
"""Pixels: what is narrower is one."""

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
    await respond(api, direct, maya, people["jonas"])
    return maya, sockets["jonas"]


async def respond(api: Api, conversation_id: str, maya: Account, jonas: Account) -> None:
    """Let them react, ask and vote."""
    path = f"/v1/conversations/{conversation_id}/messages"
    seqs = {entry["body"]["text"]: entry["seq"] for entry in await api.messages(maya, conversation_id) if entry.get("body")}
    await api.call("PUT", f"{path}/{seqs[TALK[LIKED][1]]}/reactions/{quote('❤️')}", {}, jonas.token)
    poll = {"messageId": new_id(), "body": {"text": QUESTION, "poll": {"options": ANSWERS}}}
    asked = await api.call("POST", path, poll, jonas.token)
    for voter, option in ((jonas, 1), (maya, 0)):
        await api.call("PUT", f"{path}/{asked['seq']}/vote", {"messageId": new_id(), "options": [option]}, voter.token)


async def take(browser: Browser, user: Account, name: str, width: int, height: int, *, dark: bool) -> None:
    """Log in and take a picture of the newest conversation."""
    context = await browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", device_scale_factor=1.5
    )
    page = await context.new_page()
    await page.goto(STACK.edge)
    await page.get_by_label("User name").fill(user.username)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await page.get_by_test_id("conversation-item").first.click()
    await page.get_by_text(ANSWERS[-1]).last.wait_for()
    await page.get_by_test_id("message").last.scroll_into_view_if_needed()
    await page.wait_for_timeout(1500)
    await page.screenshot(path=IMAGES / f"{name}.png")
    await context.close()


def garden() -> bytes:
    """Return a picture of a meadow before hills in the evening, as a JPEG."""
    width, height = 1200, 800
    picture = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(picture)
    for y in range(height):
        share = y / height
        draw.line(((0, y), (width, y)), fill=(int(250 - 90 * share), int(205 - 50 * share), int(150 + 40 * share)))
    draw.ellipse((820, 180, 960, 320), fill=(255, 240, 205))
    for top, colour in ((430, (120, 140, 150)), (520, (92, 124, 106)), (620, (74, 112, 66))):
        draw.ellipse((-500, top, 900, top + 900), fill=colour)
        draw.ellipse((400, top - 50, 1900, top + 950), fill=tuple(int(part * 0.94) for part in colour))
    out = io.BytesIO()
    picture.filter(ImageFilter.GaussianBlur(1.2)).save(out, "JPEG", quality=88)
    return out.getvalue()


async def take_first_day(browser: Browser) -> None:
    """Take the pictures of somebody's first day."""

    async def look(person: Person, name: str) -> None:
        await person.page.mouse.move(1, 1)
        await person.page.wait_for_timeout(1500)
        await person.page.screenshot(path=IMAGES / f"{name}.png")

    maya = await Person.sit_down(browser, STACK, "maya")
    await first_day(maya, await Person.sit_down(browser, STACK, "jonas"), garden(), look)


PEOPLE = 24
MESSAGE_EVERY_S = 0.12
WATCHED_S = 75
"""How long the operations page is open before its picture is taken: its curves begin when it is opened."""


@asynccontextmanager
async def bustle(api: Api) -> AsyncIterator[None]:
    """Let some people talk in pairs and in a group, and read what they wrote, while the block runs."""
    people = [await api.register("someone") for _ in range(PEOPLE)]
    sockets = [await Socket.open(api, one) for one in people]
    group = await api.group(people[0], "Everyone", people[1:])
    pairs = [await api.direct(one, other) for one, other in zip(people[::2], people[1::2], strict=True)]

    async def talk(number: int) -> None:
        while True:
            await sockets[number].say(pairs[number // 2] if number % 6 else group, "hello")
            await asyncio.sleep(MESSAGE_EVERY_S)
            if number % 4 == 0:
                await api.messages(people[number], pairs[number // 2], "pageSize=20")

    async def hear(socket: Socket) -> None:
        while True:
            await socket.next()

    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(talk(number)) for number in range(PEOPLE)] + [tasks.create_task(hear(socket)) for socket in sockets]
        yield
        for task in running:
            task.cancel()
    for socket in sockets:
        await socket.close()


async def take_operations(api: Api, browser: Browser) -> None:
    """Take pictures of the operations page of a busy stack."""
    admin = await api.register("admin")
    subprocess.run([Path(sys.executable).with_name("elastic-chat"), "user", "role", admin.username, "admin"], check=True)  # noqa: ASYNC221, S603 - once, and nothing else runs
    shapes = (("operations", 1440, 1000, False), ("operations-dark", 1440, 1000, True), ("operations-phone", 390, 800, False))
    async with bustle(api):
        pages = {}
        for name, width, height, dark in shapes:
            context = await browser.new_context(
                viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", device_scale_factor=1.5
            )
            pages[name] = await context.new_page()
            await pages[name].goto(f"{STACK.edge}/ops")
            await pages[name].get_by_label("User name").fill(admin.username)
            await pages[name].get_by_label("Password", exact=True).fill(PASSWORD)
            await pages[name].get_by_role("button", name="Log in").click()
        await asyncio.sleep(WATCHED_S)
        for name, page in pages.items():
            if page.viewport_size and page.viewport_size["width"] > PHONE:
                await page.locator('[data-node="router"]').focus()
            else:
                await page.get_by_test_id("topology").evaluate("picture => picture.scrollIntoView({block: 'center'})")
            await page.wait_for_timeout(1500)
            await page.screenshot(path=IMAGES / f"{name}.png")


async def main() -> None:
    """Make every picture."""
    path = shutil.which("chromium")
    if path is None:
        sys.exit("These pictures are taken with Chromium: apt-get install chromium")
    api = Api(STACK.edge)
    maya, jonas = await furnish(api)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        await take(browser, maya, "chat", 1280, 800, dark=False)
        await take(browser, maya, "chat-dark", 1280, 800, dark=True)
        await take(browser, maya, "phone", 390, 800, dark=False)
        await take_first_day(browser)
        await take_operations(api, browser)
        await browser.close()
    await jonas.close()
    await api.close()


if __name__ == "__main__":
    asyncio.run(main())
