"""How users are seen: what each of them changes of it."""

from __future__ import annotations

from dataclasses import replace

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId
from svc_accounts.avatars import Avatars
from svc_accounts.core.users import State, User, check_display_name
from svc_accounts.store import UserStore


class Profiles:
    """The profiles of users."""

    def __init__(self, users: UserStore, avatars: Avatars) -> None:
        self._users = users
        self._avatars = avatars

    async def change(self, user_id: UserId, *, display_name: str | None, avatar_file_id: str | None) -> User:
        """Change how a user is seen, and return them; None leaves something as it is. After UNAVAILABLE it may hold all the same.

        Raises UNAUTHENTICATED if there is no such user any more, and what the name and the picture are refused with.
        """
        user = await self._users.user(user_id)
        if user is None or user.state is State.DELETED:
            raise _gone()
        if display_name is not None:
            display_name = check_display_name(display_name, user.username)
        if avatar_file_id is not None:
            await self._avatars.note(user_id, avatar_file_id)
        if display_name is None and avatar_file_id is None:
            return user
        if not await self._users.set_profile(user, display_name, avatar_file_id):
            raise _gone()
        return replace(
            user,
            display_name=user.display_name if display_name is None else display_name,
            avatar_file_id=user.avatar_file_id if avatar_file_id is None else avatar_file_id,
        )


def _gone() -> ChatError:
    return ChatError(Reason.UNAUTHENTICATED, "there is no such user any more")
