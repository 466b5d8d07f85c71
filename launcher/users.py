"""The users of a stack, as its operator sees them, and as whom accounts is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import grpc

from chatkit.core.errors import ChatError, Reason
from chatkit.rpc.caller import OPERATOR, ROLE
from chatkit.rpc.errors import error_of
from elastic_chat.accounts.v1 import accounts_service_pb2 as pb
from elastic_chat.accounts.v1 import accounts_service_pb2_grpc as rpc
from launcher import access
from launcher.errors import LaunchError
from launcher.home import Home
from launcher.topology import Topology

TIMEOUT_S = 15.0
AS_OPERATOR = ((ROLE, OPERATOR),)

ROLES = {"user": pb.ROLE_USER, "admin": pb.ROLE_ADMIN}

REFUSALS = {
    Reason.UNKNOWN_USER: ("There is no such user", "Check the name"),
    Reason.USERNAME_TAKEN: ("The user name is taken", "Take another one; those of deleted users are never given away again"),
    Reason.OVERLOADED: ("Accounts has too much to do", "Try again in a moment"),
}
"""What accounts may refuse, and what to do about it."""


@dataclass(frozen=True, slots=True)
class Account:
    """A user: `disabled` says whether they may not log in."""

    user_id: str
    username: str
    display_name: str
    role: str
    disabled: bool

    @classmethod
    def of(cls, told: pb.Account) -> Account:
        """Read what accounts tells."""
        role = next((name for name, value in ROLES.items() if value == told.role), str(told.role))
        return cls(told.user.user_id, told.user.username, told.user.display_name, role, told.disabled)

    def as_json(self) -> dict[str, Any]:
        """Return it as `--json` shows it."""
        return {
            "userId": self.user_id,
            "username": self.username,
            "displayName": self.display_name,
            "role": self.role,
            "disabled": self.disabled,
        }

    def as_text(self) -> str:
        """Return it as `user show` prints it."""
        rows = {
            "user": self.username,
            "id": self.user_id,
            "name": self.display_name,
            "role": self.role,
            "state": "disabled" if self.disabled else "may log in",
        }
        return "\n".join(f"{name:<6} {value}" for name, value in rows.items())


@dataclass(frozen=True, slots=True)
class Users:
    """Who may use a stack. Every method raises LaunchError if accounts refuses, or does not answer."""

    channel: Callable[[], grpc.Channel]
    """Opens a way to an instance of accounts."""

    @classmethod
    def of(cls, home: Home, topology: Topology) -> Users:
        """Return the users of a stack."""
        return cls(partial(access.channel, home, next(topology.instances("accounts"))))

    def find(self, username: str) -> Account:
        """Return a user."""
        with self._asked() as stub:
            request = pb.GetAccountRequest(username=username)
            return Account.of(stub.GetAccount(request, timeout=TIMEOUT_S, metadata=AS_OPERATOR).account)

    def add(self, username: str, password: str, *, display_name: str, role: str) -> Account:
        """Make a user."""
        with self._asked() as stub:
            request = pb.CreateUserRequest(username=username, password=password, display_name=display_name, role=ROLES[role])
            return Account.of(stub.CreateUser(request, timeout=TIMEOUT_S, metadata=AS_OPERATOR).account)

    def disable(self, user_id: str) -> None:
        """End all sessions of a user, and let them log in no more."""
        with self._asked() as stub:
            stub.DisableUser(pb.DisableUserRequest(user_id=user_id), timeout=TIMEOUT_S, metadata=AS_OPERATOR)

    def enable(self, user_id: str) -> None:
        """Let a user log in again."""
        with self._asked() as stub:
            stub.EnableUser(pb.EnableUserRequest(user_id=user_id), timeout=TIMEOUT_S, metadata=AS_OPERATOR)

    def reset(self, user_id: str, password: str) -> None:
        """Give a user another password, and end all of their sessions."""
        with self._asked() as stub:
            stub.ResetPassword(pb.ResetPasswordRequest(user_id=user_id, password=password), timeout=TIMEOUT_S, metadata=AS_OPERATOR)

    def give_role(self, user_id: str, role: str) -> None:
        """Let a user be an administrator, or a user like others."""
        with self._asked() as stub:
            stub.SetRole(pb.SetRoleRequest(user_id=user_id, role=ROLES[role]), timeout=TIMEOUT_S, metadata=AS_OPERATOR)

    @contextmanager
    def _asked(self) -> Iterator[rpc.AccountsServiceStub]:
        with self.channel() as channel:
            try:
                yield rpc.AccountsServiceStub(channel)
            except grpc.RpcError as failure:
                # It has what is read of a failure of either kind of client.
                raise refusal(error_of(cast("grpc.aio.AioRpcError", failure))) from failure


def refusal(error: ChatError) -> LaunchError:
    """Say why accounts did not do it."""
    if error.reason in REFUSALS:
        return LaunchError(*REFUSALS[error.reason])
    if error.reason is Reason.INVALID_ARGUMENT:
        return LaunchError(f"This is not taken: {error.message.removesuffix('.')}", "Correct it")
    look = "See `elastic-chat status`, and `elastic-chat logs accounts`"
    return LaunchError(f"Accounts can't do it ({error.reason}: {error.message})", look)
