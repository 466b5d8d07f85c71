"""The pictures of users.

Which file is somebody's picture their profile says, which accounts has, and nothing else. Before accounts changes it, it is noted here that
the user is about to have it; and it and whatever they were about to have until then is looked at again, some time after the profile has
changed or has not. So nothing has to be undone if it does not change, nothing is lost if a process dies in between, and a picture that was
replaced is let go of by itself.
"""

from __future__ import annotations

from chatkit.core.clock import Clock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId
from svc_files.agenda import MARGIN, Agenda
from svc_files.core.files import Avatar, File, FileId, Life, check_avatar
from svc_files.intake import Intake
from svc_files.store import Stores


class Avatars:
    """Notes which files are about to be whose pictures."""

    def __init__(self, stores: Stores, intake: Intake, agenda: Agenda, clock: Clock) -> None:
        self._stores = stores
        self._intake = intake
        self._agenda = agenda
        self._clock = clock

    async def note(self, user_id: UserId, file_id: FileId | None) -> None:
        """Note that a user is about to have a picture, or none. Raises UNKNOWN_FILE if they have not uploaded it, INVALID_ARGUMENT if it is
        no image.
        """
        if file_id is not None:
            check_avatar(await self._own(user_id, file_id))
        before = {one.file_id for one in await self._stores.avatars.avatars(user_id)}
        for each in before if file_id is None else before | {file_id}:
            await self._agenda.file(each, MARGIN)
        if file_id is None:
            return
        avatar = Avatar(user_id, file_id, self._clock.now_ms())
        await self._stores.avatars.add_avatar(avatar)
        # Only now is it certain that nobody deletes it for being in no message.
        (file,) = await self._stores.files.files([file_id])
        if file is None or file.life is not Life.ALIVE:
            await self._stores.avatars.remove_avatars([avatar])
            raise ChatError(Reason.UNKNOWN_FILE)

    async def _own(self, user_id: UserId, file_id: FileId) -> File:
        upload = await self._stores.uploads.upload(file_id)
        if upload and upload.owner_id == user_id and (made := await self._intake.finish(upload)):
            return made
        (file,) = await self._stores.files.files([file_id])
        if file is None or file.owner_id != user_id:
            raise ChatError(Reason.UNKNOWN_FILE)
        return file
