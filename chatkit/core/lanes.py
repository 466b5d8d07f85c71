"""Lanes: how the commands of one conversation always find the same router.

A client of the router opens a fixed number of streams. A conversation hashes to a lane, and the mesh's ring hash sends the same lane of
every client to the same router: order without locks.
"""

from __future__ import annotations

import zlib

LANES = 16
"""Lanes of a mesh. The same number everywhere: two clients that disagree would send one conversation to two routers."""


def lane_of(conversation_id: str) -> int:
    """Return the lane, from 0, that a conversation's commands take."""
    return zlib.crc32(conversation_id.encode()) % LANES
