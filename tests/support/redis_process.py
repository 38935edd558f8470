"""A redis-server of a test's own that can be killed and started again."""

import subprocess
import time
from pathlib import Path

import redis

from lti_room.base.redis_client import Redis, connect
from lti_room.base.redis_server import find_binary

START_SECONDS = 15.0


class RedisProcess:
    """A real server with an append-only file in `folder`."""

    def __init__(self, folder: Path, *, fsync: str) -> None:
        self._folder = folder
        self._fsync = fsync
        self._server: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{folder / 'redis.sock'}"

    def start(self) -> None:
        """Start it on what its folder holds and wait until it answers."""
        command = [
            *(find_binary(), "--port", "0", "--unixsocket", str(self._folder / "redis.sock")),
            *("--dir", str(self._folder), "--save", "", "--logfile", str(self._folder / "redis.log")),
            *("--appendonly", "yes", "--appendfsync", self._fsync),
        ]
        self._server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + START_SECONDS
        client = connect(self.url)
        while not _answers(client):
            assert self._server.poll() is None, (self._folder / "redis.log").read_text()
            assert time.monotonic() < deadline, "redis-server did not start"
            time.sleep(0.01)
        client.close()

    def kill(self) -> None:
        """End it as a crash would: SIGKILL, no farewell."""
        assert self._server is not None
        self._server.kill()
        self._server.wait()


def _answers(client: Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.exceptions.RedisError:
        return False
