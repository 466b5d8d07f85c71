"""The web client: how much it loads, when one can write, how quickly conversations change, and whether ten thousand messages scroll.

All of it in Debian's Chromium without a graphics card, on the same machine as the stack that it talks to.
"""

from __future__ import annotations

import asyncio
import itertools
import shutil
import sys
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, async_playwright

from bench.client import PASSWORD, Account, Api
from bench.history import fill
from bench.results import Figure, figure, percentile

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
WINDOW: ViewportSize = {"width": 1440, "height": 900}
CONVERSATIONS, EACH, LONG = 10, 40, 10_000
LOADS, ROUNDS, RUNS = 5, 5, 3
LONGEST_S = 120.0
KILO = 1000
STEP_PX = 2000

USABLE = """
() => new Promise((resolve) => {
  const look = () => {
    const ready = document.querySelector('[data-testid=message]') && document.querySelector('[data-testid=composer-input]:not(:disabled)');
    if (ready) { requestAnimationFrame(() => setTimeout(() => resolve(performance.now()))); } else { requestAnimationFrame(look); }
  };
  look();
})
"""
"""Milliseconds from the navigation until the newest messages and a place to write are drawn."""

SCRIPT = """
() => performance.getEntriesByType('resource').filter((one) => one.initiatorType === 'script' || one.name.endsWith('.js'))
  .reduce((sum, one) => sum + one.encodedBodySize, 0)
"""
"""Bytes of compressed script that came so far."""

SWITCH = """
(item) => new Promise((resolve) => {
  const items = document.querySelectorAll('[data-testid=conversation-item]');
  const id = items[item].getAttribute('href').split('/').pop();
  const began = performance.now();
  const look = () => {
    const there = location.pathname.includes(id) && document.querySelector('[data-testid=message-list]')?.textContent.includes(`in ${id}`);
    if (there) { setTimeout(() => resolve(performance.now() - began)); } else { requestAnimationFrame(look); }
  };
  items[item].click();
  requestAnimationFrame(look);
})
"""
"""Milliseconds from a click on a conversation of the list until its messages are drawn."""

FRAMES = """
(longest) => new Promise((resolve) => {
  const frames = [];
  const began = performance.now();
  const take = (at) => {
    frames.push(at);
    const over = at - began > longest || document.querySelector('[data-testid=history-start][data-complete=true]');
    if (over) { resolve(frames); } else { requestAnimationFrame(take); }
  };
  requestAnimationFrame(take);
})
"""
"""When frames were drawn, in milliseconds, until the beginning of the conversation was there."""


async def measure(edge: str) -> list[Figure]:
    """Furnish a user's conversations, and look at them in a browser."""
    path = shutil.which("chromium")
    if path is None:
        sys.exit("this is measured in Chromium: apt-get install chromium")
    reader, place = await _furnish(edge)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        context = await _logged_in(browser, edge, reader)
        loads, context = await _load(browser, context, f"{edge}/c/{place}")
        page = await context.new_page()
        await page.goto(f"{edge}/c/{place}")
        await page.evaluate(USABLE)
        figures = [*loads, *await _switch(page), *await _scroll(page, f"{edge}/c/{place}")]
        await browser.close()
    return figures


async def _furnish(edge: str) -> tuple[Account, str]:
    """Make a user of many conversations, one of them long; return the user and the long one."""
    api = Api(edge)
    try:
        reader, writer = await api.register("reader"), await api.register("writer")
        long = await api.direct(reader, writer)
        await fill(edge, writer, long, LONG)
        for number in range(CONVERSATIONS):
            conversation_id = await api.group(reader, f"Group {number}", [writer])
            for _ in range(EACH):
                await api.say(writer, conversation_id, f"said in {conversation_id}")
    finally:
        await api.close()
    return reader, long


async def _logged_in(browser: Browser, edge: str, reader: Account) -> BrowserContext:
    context = await browser.new_context(viewport=WINDOW)
    page = await context.new_page()
    await page.goto(edge)
    await page.get_by_label("User name").fill(reader.username)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await page.get_by_test_id("conversation-item").first.wait_for()
    await page.close()
    return context


async def _load(browser: Browser, context: BrowserContext, address: str) -> tuple[list[Figure], BrowserContext]:
    """Open a conversation in browsers that have kept nothing but the session, and in each a second time. Return the last one, too."""
    script, first, again = [], [], []
    for _ in range(LOADS):
        session: Any = await context.storage_state()
        await context.close()
        context = await browser.new_context(viewport=WINDOW, storage_state=session)
        page = await context.new_page()
        await page.goto(address)
        first.append(float(await page.evaluate(USABLE)))
        script.append(float(await page.evaluate(SCRIPT)) / KILO)
        await page.wait_for_timeout(3000)  # until it has kept what it shows
        await page.close()
        page = await context.new_page()
        await page.goto(address)
        again.append(float(await page.evaluate(USABLE)))
        await page.close()
    return [
        figure("compressed script until one can write", "kB", script, 200),
        figure("opened for the first time: until one can write", "ms", first, 1500),
        figure("opened again: until one can write", "ms", again, 1500),
    ], context


async def _switch(page: Page) -> list[Figure]:
    """Go round the conversations; the first round fetches them."""
    p50s, p95s = [], []
    for round_ in range(ROUNDS + 1):
        times = []
        for item in range(CONVERSATIONS):
            times.append(float(await page.evaluate(SWITCH, item)))
            await page.wait_for_timeout(200)
        if round_:
            p50s.append(percentile(times, 50))
            p95s.append(percentile(times, 95))
    return [
        figure("to another conversation: until it is drawn, p50", "ms", p50s, 50),
        figure("to another conversation: until it is drawn, p95", "ms", p95s, 50),
    ]


async def _scroll(page: Page, address: str) -> list[Figure]:
    """Turn the wheel up a long conversation, while its history loads above."""
    spans, rates, late, nodes = [], [], [], []
    for _ in range(RUNS):
        await page.goto(address)
        await page.evaluate(USABLE)
        await page.get_by_test_id("message-list").hover()
        frames: asyncio.Task[list[float]] = asyncio.get_running_loop().create_task(page.evaluate(FRAMES, LONGEST_S * KILO))
        while not frames.done():
            await page.mouse.wheel(0, -STEP_PX)
            await asyncio.sleep(0.02)
        times = await frames
        gaps = [after - before for before, after in itertools.pairwise(times)]
        spans.append(sum(gaps) / KILO)
        rates.append(KILO * len(gaps) / sum(gaps))
        late.append(100 * sum(gap > KILO / 30 for gap in gaps) / len(gaps))
        nodes.append(float(await page.evaluate("() => document.querySelectorAll('*').length")))
    return [
        figure(f"scrolling up {LONG:,} messages: until the first is there", "s", spans),
        figure(f"scrolling up {LONG:,} messages: frames a second", "/s", rates, 55, at_least=True),
        figure(f"scrolling up {LONG:,} messages: frames that took over 1/30 s", "%", late, 2),
        figure(f"scrolling up {LONG:,} messages: elements of the page after it", "", nodes, 3000),
    ]
