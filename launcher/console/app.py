"""The console's door: one question, for administrators."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web
from google.protobuf.json_format import MessageToJson

from chatkit.core.errors import ChatError, Reason
from chatkit.rpc.caller import ADMIN, ROLE
from chatkit.rpc.errors import status_of
from launcher.console.watch import Watch
from launcher.errors import LaunchError
from launcher.mesh.calls import OPS_PATH


def build(watch: Watch) -> web.Application:
    """Return the application."""

    async def mesh(request: web.Request) -> web.Response:
        # The edge lets nobody else through. Should it ever, because somebody has made a mistake there, this is no second one.
        if request.headers.getall(ROLE, []) != [ADMIN]:
            return _refusal(HTTPStatus.FORBIDDEN, ChatError(Reason.PERMISSION_DENIED, "only an administrator may see this"))
        try:
            body = await watch.report()
        except LaunchError as error:
            return _refusal(HTTPStatus.SERVICE_UNAVAILABLE, ChatError(Reason.UNAVAILABLE, str(error)))
        return web.Response(body=body, content_type="application/json", headers={"cache-control": "no-store"})

    app = web.Application()
    app.add_routes([web.get(OPS_PATH, mesh), web.get("/readyz", _readyz)])
    return app


async def _readyz(_: web.Request) -> web.Response:
    return web.Response(text="ready\n")


def _refusal(status: HTTPStatus, error: ChatError) -> web.Response:
    """Return an error as every door of REST gives it."""
    return web.Response(status=status, text=MessageToJson(status_of(error)), content_type="application/json")
