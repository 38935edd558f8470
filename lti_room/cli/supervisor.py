"""Starts the parts of one machine, waits until all are healthy, keeps them running, stops them all.

A part that dies while starting stops everything again, with one sentence. Later a dead part is
replaced at once; one that keeps dying stops everything, because a human has to look.
"""

import ctypes
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from lti_room.base.errors import AppError
from lti_room.base.log import logger

START_SECONDS = 30.0
STOP_SECONDS = 8.0
DEATHS_ALLOWED = 5
DEATHS_WINDOW_SECONDS = 30.0
_PR_SET_PDEATHSIG = 1

log = logger("cli.supervisor")


class PartDied(AppError):
    """A part ended while starting, did not become healthy in time, or keeps dying."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(
            "part_died", f"The {name} {what}. Its messages above say why; nothing of lti-room runs now."
        )


@dataclass
class Part:
    """One process to run: its command, the descriptors it inherits, and how to tell that it is healthy."""

    name: str
    command: Sequence[str]
    is_healthy: Callable[[], bool]
    pass_fds: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    deaths: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Start the process in a session of its own: Ctrl-C reaches the supervisor only."""
        self.process = subprocess.Popen(  # noqa: S603
            self.command, pass_fds=self.pass_fds, start_new_session=True, preexec_fn=_end_with_parent
        )

    def has_died(self) -> bool:
        """Whether the process has ended."""
        return self.process is not None and self.process.poll() is not None


def _end_with_parent() -> None:
    """Ask the kernel to end this process if the supervisor is killed (Linux; elsewhere nothing happens)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Supervisor:
    """Owns the parts. `run` returns when asked to stop; afterwards none of them is left."""

    def __init__(self, parts: Sequence[Part], keep_store: Callable[[], None]) -> None:
        self._parts = list(parts)
        self._keep_store = keep_store
        self._stopping = False

    def ask_to_stop(self, *_: object) -> None:
        """Signal handler: let `run` end."""
        self._stopping = True

    def run(self, when_healthy: Callable[[], None]) -> None:
        """Start all parts, call `when_healthy` once, keep them running until asked to stop.

        Raises:
            PartDied: a part did not start or keeps dying; everything has been stopped.
        """
        signal.signal(signal.SIGINT, self.ask_to_stop)
        signal.signal(signal.SIGTERM, self.ask_to_stop)
        try:
            for part in self._parts:
                part.start()
            self._await_health()
            if not self._stopping:
                when_healthy()
            while not self._stopping:
                self._keep_store()
                self._replace_dead()
                time.sleep(0.05)
        finally:
            self._stop_all()

    def _await_health(self) -> None:
        waiting = list(self._parts)
        deadline = time.monotonic() + START_SECONDS
        while waiting and not self._stopping:
            for part in self._parts:
                if part.has_died():
                    raise PartDied(part.name, "stopped while starting")
            waiting = [part for part in waiting if not part.is_healthy()]
            if waiting and time.monotonic() > deadline:
                raise PartDied(waiting[0].name, f"was not ready after {START_SECONDS:.0f} seconds")
            time.sleep(0.05)

    def _replace_dead(self) -> None:
        for part in self._parts:
            if not part.has_died():
                continue
            now = time.monotonic()
            part.deaths = [at for at in part.deaths if now - at < DEATHS_WINDOW_SECONDS] + [now]
            if len(part.deaths) > DEATHS_ALLOWED:
                raise PartDied(part.name, f"died {len(part.deaths)} times in a row")
            log.warning("The %s ended and is replaced", part.name)
            part.start()

    def _stop_all(self) -> None:
        running = [part.process for part in self._parts if part.process and part.process.poll() is None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
