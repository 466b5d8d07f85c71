"""The console's door: how the stack is, and which way a message went, for administrators."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus

import orjson
from aiohttp import web
from google.protobuf.json_format import MessageToJson

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import is_uuid
from chatkit.rpc.caller import ADMIN, ROLE
from chatkit.rpc.errors import status_of
from launcher.console.trace import TraceReader
from launcher.console.watch import Watch
from launcher.errors import LaunchError
from launcher.mesh.calls import OPS_PATH, TRACES_PATH


def build(watch: Watch, traces: TraceReader) -> web.Application:
    """Return the application."""

    async def mesh(_: web.Request) -> bytes:
        return await watch.report()

    async def trace(request: web.Request) -> bytes:
        message_id = request.match_info["message_id"]
        if not is_uuid(message_id):
            raise ChatError(Reason.INVALID_ARGUMENT, "message_id is no UUID")
        return orjson.dumps(await traces.read(message_id))

    app = web.Application()
    app.add_routes(
        [
            web.get(OPS_PATH, _for_administrators(mesh)),
            web.get(f"{TRACES_PATH}/{{message_id}}", _for_administrators(trace)),
            web.get("/readyz", _readyz),
        ]
    )
    return app


def _for_administrators(answer: Callable[[web.Request], Awaitable[bytes]]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        # The edge lets nobody else through. Should it ever, because somebody has made a mistake there, this is no second one.
        if request.headers.getall(ROLE, []) != [ADMIN]:
            return _refusal(HTTPStatus.FORBIDDEN, ChatError(Reason.PERMISSION_DENIED, "only an administrator may see this"))
        try:
            body = await answer(request)
        except ChatError as error:
            return _refusal(HTTPStatus.BAD_REQUEST, error)
        except LaunchError as error:
            return _refusal(HTTPStatus.SERVICE_UNAVAILABLE, ChatError(Reason.UNAVAILABLE, str(error)))
        return web.Response(body=body, content_type="application/json", headers={"cache-control": "no-store"})

    return handle


async def _readyz(_: web.Request) -> web.Response:
    return web.Response(text="ready\n")


def _refusal(status: HTTPStatus, error: ChatError) -> web.Response:
    """Return an error as every door of REST gives it."""
    return web.Response(status=status, text=MessageToJson(status_of(error)), content_type="application/json")
