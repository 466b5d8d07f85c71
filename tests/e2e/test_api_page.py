"""The page that shows the REST side, and the document that it is made of."""

from __future__ import annotations

from typing import Any

import aiohttp
from playwright.async_api import Browser, expect

from launcher.mesh.calls import ANYONE, USERS
from tests.e2e.stack import Stack


async def test_the_document_has_every_method_that_can_be_called_from_outside(stack: Stack) -> None:
    async with aiohttp.ClientSession(stack.edge) as http, http.get("/openapi.json") as response:
        document = await response.json()
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    outside = {(service, method) for methods_of in (ANYONE, USERS) for service, methods in methods_of.items() for method in methods}
    only_grpc = {("gateway", "Connect")}
    assert {_method(operation) for operation in operations} == outside - only_grpc
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    for operation in operations:
        assert operation["description"]
        assert {"200", "429", "503"} <= set(operation["responses"])


def _method(operation: dict[str, Any]) -> tuple[str, str]:
    service = operation["tags"][0].lower()
    method = operation["operationId"].removeprefix(service)
    return service, method[0].upper() + method[1:]


async def test_the_page_shows_the_methods_and_makes_a_call(stack: Stack, browser: Browser) -> None:
    page = await browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    await page.goto(f"{stack.edge}/api", wait_until="load")
    row = page.locator("#operations-Accounts-getJwks")
    await row.click()
    await row.get_by_role("button", name="Execute").click()
    await expect(row.locator(".live-responses-table").first).to_contain_text("Ed25519")
    assert complaints == []
    await page.close()
