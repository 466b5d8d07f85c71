"""Calls of accounts that tests make: as somebody who logs in, as somebody who is refused, and as the operator."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import pytest

from bench.client import PASSWORD, PATIENCE_S, Account, Api, ApiError
from chatkit.rpc.caller import OPERATOR, ROLE
from elastic_chat.accounts.v1 import accounts_service_pb2_grpc as rpc
from launcher import access
from launcher.home import Home
from tests.e2e.stack import Stack


async def login(api: Api, anna: Account, device: str = "", password: str = PASSWORD) -> Account:
    body = {"username": anna.username, "password": password, "device": device}
    answer = await api.call("POST", "/v1/auth/login", body)
    return Account(answer["userId"], anna.username, answer["accessToken"], answer["refreshToken"])


async def administrator(stack: Stack, api: Api) -> Account:
    """Return somebody whom the operator has made an administrator, with a token that says so."""
    account = await api.register("admin")
    await asyncio.to_thread(stack.run, "user", "role", account.username, "admin")
    return await login(api, account)


async def refusal(api: Api, method: str, path: str, body: Any = None, token: str = "") -> tuple[int, str]:
    with pytest.raises(ApiError) as refused:
        await api.call(method, path, body, token)
    return refused.value.status, refused.value.reason


async def as_operator(stack: Stack, method: str, request: Any) -> Any:
    """Call a method of accounts as the operator does: at its sidecar."""
    (instance, *_) = stack.topology.instances("accounts")
    credentials, options = access.credentials(Home(stack.home)), access.options(instance)
    async with grpc.aio.secure_channel(access.address(instance), credentials, options) as channel:
        stub: Any = getattr(rpc.AccountsServiceStub(channel), method)
        return await stub(request, metadata=((ROLE, OPERATOR),), timeout=PATIENCE_S)
