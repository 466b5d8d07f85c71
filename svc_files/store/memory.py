"""Every store in memory, for tests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace

from chatkit.core.ids import ConversationId, MessageId, UserId
from svc_files.core.files import Avatar, Content, File, FileId, Life, Posting
from svc_files.core.tus import Piece, Upload
from svc_files.store import Room, Task


class MemoryUploadStore:
    """An UploadStore."""

    def __init__(self) -> None:
        self._uploads: dict[FileId, Upload] = {}
        self._pieces: defaultdict[FileId, dict[int, Piece]] = defaultdict(dict)

    async def add_upload(self, upload: Upload) -> None:
        self._uploads[upload.upload_id] = upload

    async def upload(self, upload_id: FileId) -> Upload | None:
        return self._uploads.get(upload_id)

    async def remove_upload(self, upload_id: FileId) -> None:
        self._uploads.pop(upload_id, None)

    async def remove_pieces(self, upload_id: FileId) -> None:
        self._pieces.pop(upload_id, None)

    async def add_piece(self, upload_id: FileId, piece: Piece) -> bool:
        return self._pieces[upload_id].setdefault(piece.offset, piece) is piece

    async def pieces(self, upload_id: FileId) -> list[Piece]:
        return sorted(self._pieces[upload_id].values(), key=lambda piece: piece.offset)


class MemoryRoomStore:
    """A RoomStore."""

    def __init__(self) -> None:
        self._taken: defaultdict[UserId, dict[FileId, tuple[int, bool]]] = defaultdict(dict)

    async def take(self, owner_id: UserId, file_id: FileId, size: int, *, unfinished: bool) -> None:
        self._taken[owner_id][file_id] = (size, unfinished)

    async def give_back(self, owner_id: UserId, file_id: FileId) -> None:
        self._taken[owner_id].pop(file_id, None)

    async def room(self, owner_id: UserId) -> Room:
        taken = self._taken[owner_id].values()
        return Room(sum(size for size, _ in taken), sum(unfinished for _, unfinished in taken))

    async def newest(self, owner_id: UserId, before: FileId | None, count: int) -> list[FileId]:
        ids = sorted((one for one, (_, unfinished) in self._taken[owner_id].items() if not unfinished), reverse=True)
        return [one for one in ids if before is None or one < before][:count]


class MemoryContentStore:
    """A ContentStore."""

    def __init__(self) -> None:
        self._contents: dict[bytes, Content] = {}
        self._claims: defaultdict[bytes, set[FileId]] = defaultdict(set)

    async def add_content(self, content: Content) -> bool:
        return self._contents.setdefault(content.sha256, content) is content

    async def content(self, sha256: bytes) -> Content | None:
        return self._contents.get(sha256)

    async def move_content(self, sha256: bytes, old: Life, new: Life) -> bool:
        content = self._contents.get(sha256)
        if content is None or content.life is not old:
            return False
        self._contents[sha256] = replace(content, life=new)
        return True

    async def remove_content(self, sha256: bytes) -> None:
        content = self._contents.get(sha256)
        if content is not None and content.life is Life.DOOMED:
            del self._contents[sha256]

    async def claim(self, sha256: bytes, file_id: FileId) -> None:
        self._claims[sha256].add(file_id)

    async def unclaim(self, sha256: bytes, file_id: FileId) -> None:
        self._claims[sha256].discard(file_id)

    async def claims(self, sha256: bytes) -> list[FileId]:
        return sorted(self._claims[sha256])


class MemoryFileStore:
    """A FileStore."""

    def __init__(self, contents: MemoryContentStore) -> None:
        self._files: dict[FileId, File] = {}
        self._contents = contents

    async def add_file(self, file: File) -> None:
        self._files.setdefault(file.file_id, file)

    async def files(self, file_ids: Sequence[FileId]) -> list[File | None]:
        return [await self._file(file_id) for file_id in file_ids]

    async def _file(self, file_id: FileId) -> File | None:
        file = self._files.get(file_id)
        content = await self._contents.content(file.content.sha256) if file else None
        return replace(file, content=content) if file and content else None

    async def move_file(self, file_id: FileId, old: Life, new: Life) -> bool:
        file = self._files.get(file_id)
        if file is None or file.life is not old:
            return False
        self._files[file_id] = replace(file, life=new)
        return True

    async def remove_file(self, file_id: FileId) -> None:
        self._files.pop(file_id, None)


class MemoryPostingStore:
    """A PostingStore."""

    def __init__(self) -> None:
        self._postings: dict[tuple[FileId, ConversationId, MessageId, UserId], Posting] = {}

    async def add_postings(self, postings: Sequence[Posting]) -> None:
        for one in postings:
            before = self._postings.get(_key(one))
            self._postings[_key(one)] = replace(one, seq=before.seq, for_all=before.for_all) if before else one

    async def postings(self, file_id: FileId, conversations: Collection[ConversationId] | None = None) -> list[Posting]:
        found = [
            one
            for one in self._postings.values()
            if one.file_id == file_id and (conversations is None or one.conversation_id in conversations)
        ]
        newest_first = sorted(found, key=lambda one: one.message_id, reverse=True)
        return sorted(newest_first, key=lambda one: one.conversation_id)

    async def files_of(self, conversation_id: ConversationId, message_id: MessageId) -> list[tuple[FileId, UserId]]:
        keys = (key for key in self._postings if key[1:3] == (conversation_id, message_id))
        return sorted((file_id, sender_id) for file_id, _, _, sender_id in keys)

    async def confirm(self, posting: Posting) -> None:
        if before := self._postings.get(_key(posting)):
            self._postings[_key(posting)] = replace(before, seq=posting.seq, for_all=posting.for_all)

    async def remove_postings(self, postings: Sequence[Posting]) -> None:
        for one in postings:
            self._postings.pop(_key(one), None)


class MemoryAvatarStore:
    """An AvatarStore."""

    def __init__(self) -> None:
        self._avatars: set[Avatar] = set()

    async def add_avatar(self, avatar: Avatar) -> None:
        self._avatars.add(avatar)

    async def avatars(self, owner_id: UserId, file_id: FileId | None = None) -> list[Avatar]:
        found = (one for one in self._avatars if one.owner_id == owner_id and file_id in {None, one.file_id})
        return sorted(found, key=lambda one: (one.file_id, one.noted_at_ms))

    async def remove_avatars(self, avatars: Sequence[Avatar]) -> None:
        self._avatars.difference_update(avatars)


class MemoryDueStore:
    """A DueStore."""

    def __init__(self) -> None:
        self._tasks: defaultdict[int, set[Task]] = defaultdict(set)
        self._finished: int | None = None

    async def add_task(self, minute: int, task: Task) -> None:
        self._tasks[minute].add(task)

    async def tasks(self, minutes: Sequence[int]) -> list[list[Task]]:
        return [sorted(self._tasks.get(minute, ()), key=lambda task: (task.kind, task.name)) for minute in minutes]

    async def strike_out(self, minute: int) -> None:
        self._tasks.pop(minute, None)

    async def finish(self, minute: int) -> None:
        self._finished = minute

    async def finished(self) -> int | None:
        return self._finished


class MemoryStores:
    """Every store."""

    def __init__(self) -> None:
        self.uploads = MemoryUploadStore()
        self.rooms = MemoryRoomStore()
        self.contents = MemoryContentStore()
        self.files = MemoryFileStore(self.contents)
        self.postings = MemoryPostingStore()
        self.avatars = MemoryAvatarStore()
        self.due = MemoryDueStore()


def _key(posting: Posting) -> tuple[FileId, ConversationId, MessageId, UserId]:
    return posting.file_id, posting.conversation_id, posting.message_id, posting.sender_id
