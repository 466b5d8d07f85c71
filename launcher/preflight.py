"""What would make a start fail later and less clearly: looked at before anything is started."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil

from launcher.errors import LaunchError
from launcher.plan import Process
from launcher.topology import HOST

OLDEST_PYTHON = (3, 11)
MOST_WATCHES = Path("/proc/sys/fs/inotify/max_user_instances")
GIGABYTE = 10**9
DISK = 3 * GIGABYTE
"""What the engines and a first day's data want."""

MEMORY = 3 * GIGABYTE
"""What a whole stack holds, and some room: a machine of 4 GB that does nothing else has it."""


def check_machine(folders: Iterable[Path]) -> None:
    """Look at the machine before anything is fetched: Python, memory, and the disks that `folders` are on.

    Raises:
        LaunchError: the first thing found wrong.

    """
    check_python(sys.version_info[:2])
    for folder in folders:
        check_disk(folder, shutil.disk_usage(existing(folder)).free)
    check_memory(psutil.virtual_memory().available)


def check_ports(processes: Iterable[Process]) -> None:
    """Look at every port that the processes will listen on.

    Raises:
        LaunchError: the first that is taken.

    """
    for process in processes:
        for port in process.ports:
            check_port(process.name, port)


def check_watches(needed: int) -> None:
    """Refuse a machine on which the Envoys could not watch their files: they would be aborted, and say nothing that helps.

    Raises:
        LaunchError: there are not enough inotify instances left for this user.

    """
    if MOST_WATCHES.exists():
        check_watches_left(int(MOST_WATCHES.read_text(encoding="ascii")), watches_in_use(), needed)


def check_watches_left(most: int, used: int, needed: int) -> None:
    """Refuse if `needed` more inotify instances than the `used` ones are more than the system allows."""
    if used + needed > most:
        raise LaunchError(
            f"The Envoys watch their files with {needed} inotify instances; this user has {used}, and may have {most}",
            "Allow more (`sysctl fs.inotify.max_user_instances=1024`; a file in /etc/sysctl.d keeps it), or stop another stack",
        )


def watches_in_use() -> int:
    """Return how many inotify instances the processes of this user have."""
    found = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if folder.stat().st_uid == os.geteuid():
                found += watches_of(folder)
    return found


def watches_of(process: Path) -> int:
    """Return how many inotify instances a process has, given its folder in /proc."""
    return sum(1 for file in (process / "fd").iterdir() if _leads_to_inotify(file))


def _leads_to_inotify(file: Path) -> bool:
    with suppress(OSError):
        return str(file.readlink()) == "anon_inode:inotify"
    return False


def check_python(version: tuple[int, ...]) -> None:
    """Refuse a Python that our code does not run on."""
    if version < OLDEST_PYTHON:
        raise LaunchError(
            f"This is Python {'.'.join(map(str, version))}, and 3.11 or newer is needed",
            "Run `make up PYTHON=python3.11`, or whatever a newer one is called here, after removing .venv",
        )


def check_disk(folder: Path, free: int) -> None:
    """Refuse a disk that would be full soon."""
    if free < DISK:
        raise LaunchError(
            f"Only {free / GIGABYTE:.1f} GB are free where {folder} is, and {DISK / GIGABYTE:.0f} GB are needed",
            "Free some, or set ELASTIC_CHAT_HOME and XDG_CACHE_HOME to folders on another disk",
        )


def check_memory(available: int) -> None:
    """Refuse a machine that would start killing processes."""
    if available < MEMORY:
        raise LaunchError(
            f"Only {available / GIGABYTE:.1f} GB of memory are free, and a stack needs {MEMORY / GIGABYTE:.0f} GB",
            "Stop something else, or take a machine with at least 4 GB",
        )


def check_port(name: str, port: int) -> None:
    """Refuse a port that somebody else listens on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what we listened on a minute ago is free
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise LaunchError(
                f"Port {port}, which {name} needs, is taken by {_listener_on(port) or 'another process'}",
                "Stop that, or set ELASTIC_CHAT_PORT to another number",
            ) from error


def _listener_on(port: int) -> str | None:
    """Return name and pid of the process that listens on a port, if this user may know."""
    with suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    return None


def existing(folder: Path) -> Path:
    """Return the nearest folder above that is there already."""
    return next(path for path in (folder, *folder.parents) if path.exists())
