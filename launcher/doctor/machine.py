"""The machine: whether it has what a stack needs."""

from __future__ import annotations

import os
import resource
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import psutil

from launcher import preflight
from launcher.config import chosen
from launcher.doctor.finding import Finding, refused, skipped, well, wrong
from launcher.home import Home
from launcher.plan import Process
from launcher.preflight import GIGABYTE
from launcher.settings import Settings
from launcher.topology import MAX_INSTANCES, SERVICES

CORES = 2
RUNNING_MEMORY = GIGABYTE // 4
"""What should be free beside a stack that runs."""
RUNNING_DISK = GIGABYTE
"""What should be free for what is said in a day or two."""
OPEN_FILES = 8_192
"""An Envoy has two for each connection."""
AHEAD_S = 60.0
PORT_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
RESERVED_PORTS = Path("/proc/sys/net/ipv4/ip_local_reserved_ports")


def cores() -> Iterator[Finding]:
    """Look at what can compute."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    seen = f"{count} {'core' if count == 1 else 'cores'}"
    if count < CORES:
        yield wrong("cores", seen, f"Take a machine with {CORES} or more: engines and services would wait for each other")
    else:
        yield well("cores", seen)


def memory(*, running: bool) -> Iterator[Finding]:
    """Look at what is free: for a stack, or beside one."""
    available = psutil.virtual_memory().available
    seen = f"{available / GIGABYTE:.1f} GB are free"
    if not running:
        yield refused("memory", partial(preflight.check_memory, available), seen)
    elif available < RUNNING_MEMORY:
        yield wrong("memory", seen, "Stop something else before the system starts to kill processes, or take a machine with at least 4 GB")
    else:
        yield well("memory", seen)


def disk(folders: Iterable[Path], *, running: bool) -> Iterator[Finding]:
    """Look at the disks that folders are on."""
    for folder in folders:
        free = shutil.disk_usage(preflight.existing(folder)).free
        seen = f"{free / GIGABYTE:.1f} GB are free where {folder} is"
        if not running:
            yield refused("disk", partial(preflight.check_disk, folder, free), seen)
        elif free < RUNNING_DISK:
            yield wrong("disk", seen, "Free some: Kafka and Cassandra stop when a disk is full")
        else:
            yield well("disk", seen)


def open_files() -> Iterator[Finding]:
    """Look at how many files a process may open."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most == resource.RLIM_INFINITY:
        yield well("open files", "no limit")
    elif most < OPEN_FILES:
        cure = f"Raise it (`ulimit -Hn {OPEN_FILES}`, or `nofile` in /etc/security/limits.conf), then `down` and `up`"
        yield wrong("open files", f"a process may open {most:,}, so that a gateway's Envoy holds {most // 2:,} connections at most", cure)
    else:
        yield well("open files", f"a process may open {most:,}")


def watches(needed: int, *, running: bool) -> Iterator[Finding]:
    """Look whether the Envoys can watch their files."""
    if not preflight.MOST_WATCHES.exists():
        yield skipped("watches", "this system has no inotify")
    elif running:
        yield skipped("watches", "the Envoys of the stack that runs have theirs")
    else:
        used, most = preflight.watches_in_use(), int(preflight.MOST_WATCHES.read_text(encoding="ascii"))
        check = partial(preflight.check_watches_left, most, used, needed)
        yield refused("watches", check, f"this user has {used} inotify instances of {most}, and the Envoys take {needed}")


def ports(port: int, plan: Iterable[Process], *, running: bool) -> Iterator[Finding]:
    """Look whether all ports are free, and whether the system could give one of them to somebody's outgoing connection."""
    if running:
        yield skipped("ports", "those of the stack that runs are its own")
    else:
        yield refused("ports", partial(preflight.check_ports, plan), f"{port} and those that derive from it are free")
    if PORT_RANGE.exists():
        low, high = map(int, PORT_RANGE.read_text(encoding="ascii").split())
        reserved = RESERVED_PORTS.read_text(encoding="ascii") if RESERVED_PORTS.exists() else ""
        yield outgoing(port, low, high, reserved)


def outgoing(port: int, low: int, high: int, reserved: str) -> Finding:
    """Look whether ports of ours are among those that the system gives to outgoing connections, and are not `reserved`."""
    last = port + max(SERVICES.values()) + 10 * MAX_INSTANCES - 1
    exempt = {number for part in reserved.strip().split(",") if part for number in _numbers(part)}
    lent = [number for number in range(max(port, low), min(last, high) + 1) if number not in exempt]
    if not lent:
        return well("outgoing ports", f"{low} to {high}: none is ours")
    seen = f"the system gives {low} to {high} to outgoing connections, and {lent[0]} to {lent[-1]} are ours: one may be taken when we start"
    reserve = f"`sysctl net.ipv4.ip_local_reserved_ports={port}-{last}`"
    return wrong("outgoing ports", seen, f"Set ELASTIC_CHAT_PORT to {low - (last - port) - 1} or less, or reserve them ({reserve})")


def _numbers(part: str) -> range:
    first, _, last = part.partition("-")
    return range(int(first), int(last or first) + 1)


def python() -> Iterator[Finding]:
    """Look at what runs our code."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield refused("python", partial(preflight.check_python, sys.version_info[:2]), version)


def clock(home: Home) -> Iterator[Finding]:
    """Look whether the clock was set back: what is on the disk can't be from the future.

    The ids of messages have the time in them, and a conversation that lost its counter goes on above the time.
    """
    if not home.root.exists():
        yield skipped("clock", "nothing was written here yet, by which one could tell")
        return
    newest = max((path.stat().st_mtime for folder in (home.logs, home.run) for path in _files(folder)), default=0.0)
    ahead = newest - time.time()
    if ahead > AHEAD_S:
        cure = "Set it right (`timedatectl set-ntp true`, or your platform's way), then `down` and `up`"
        yield wrong("clock", f"the newest file in {home.root} is {ahead:,.0f} s ahead of the clock, which was set back", cure)
    else:
        yield well("clock", "nothing here is from the future")


def _files(folder: Path) -> Iterator[Path]:
    yield from (path for path in folder.glob("*") if path.is_file())


def folder(home: Home) -> Iterator[Finding]:
    """Look whether the folder of the stack can be used."""
    nearest = preflight.existing(home.root)
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        yield wrong("folder", f"{nearest} can't be written to", "Set ELASTIC_CHAT_HOME to a folder that you may write to")
        return
    yield refused("folder", home.check_depth, f"{home.root} can be written to")
    if home.keys.exists():
        yield _private(home.keys)


def _private(keys: Path) -> Finding:
    mode = keys.stat().st_mode & 0o777
    if mode & 0o077:
        return wrong(
            "keys", f"others may look into {keys} (mode {mode:o})", f"Run `chmod 700 {keys}`, and make new keys if somebody may have"
        )
    return well("keys", f"{keys} is for its owner only")


def environment(settings: Settings) -> Iterator[Finding]:
    """Look at the variables that set something."""
    faults = list(chosen.find_faults(settings.of_services))
    for fault in faults:
        seen, _, cure = fault.partition(". ")
        yield wrong("environment", seen, cure.removesuffix("."))
    if not faults:
        yield well("environment", "every variable that is set means something")
