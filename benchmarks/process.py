"""What the kernel says about a process that is measured."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

AHEAD: Final = -10
_TICK: Final = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """Return a process's user and system time."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def waited_seconds(pid: int) -> float:
    """Return how long a process's first thread was ready to run while others had the cores."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9


def unshared_bytes(pid: int) -> int:
    """Return the memory that only this process uses: what would be free without it."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_"))


def dropped_datagrams() -> int:
    """Return how many UDP datagrams this machine dropped because a receiver's buffer was full."""
    names, values = (
        line.split()[1:]
        for line in Path("/proc/net/snmp").read_text().splitlines()
        if line.startswith("Udp:")
    )
    return int(dict(zip(names, values, strict=True))["RcvbufErrors"])


def share_of(pid: int) -> None:
    """Give a process that left this session, as redis-server does, the session's own share of the cores."""
    with suppress(OSError):
        nice = Path("/proc/self/autogroup").read_text().split()[-1]
        Path(f"/proc/{pid}/autogroup").write_text(nice)


@contextmanager
def ahead_of_others() -> Iterator[None]:
    """Let this process go before others, where it may: real clients have machines of their own.

    Processes that are started meanwhile inherit it, so what is measured must be started before.
    """
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, AHEAD)
    try:
        yield
    finally:
        with suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, 0, usual)
