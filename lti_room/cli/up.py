"""`lti-room up`: Redis, the web server, the media workers and (in development) the emulated LMSs."""

import argparse
import fcntl
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import orjson
import redis

from lti_room.base.clock import SystemClock
from lti_room.base.errors import AppError
from lti_room.base.log import setup
from lti_room.base.paths import private_folder
from lti_room.base.redis_client import connect
from lti_room.base.settings import Address, Settings, load
from lti_room.cli.listening import check_udp, listen_tcp
from lti_room.cli.redis_use import redis_for
from lti_room.cli.supervisor import Part, Supervisor


@contextmanager
def _only_one(settings: Settings) -> Iterator[None]:
    private_folder(settings.data)
    with (settings.data / "up.lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AppError(
                "already_running",
                f"lti-room already runs with the data folder {settings.data}; stop it first (Ctrl-C there).",
            ) from error
        yield


def _answers(url: str) -> Callable[[], bool]:
    def is_healthy() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own loopback address
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    return is_healthy


def _media_beats(settings: Settings, index: int, since: float) -> Callable[[], bool]:
    client = connect(settings.effective_redis_url)

    def is_healthy() -> bool:
        try:
            entry = client.hget("media:workers", str(index))
        except redis.exceptions.RedisError:
            return False
        return entry is not None and float(orjson.loads(entry)["beat"]) >= since

    return is_healthy


def _parts(settings: Settings, listener: socket.socket) -> list[Part]:
    python = [sys.executable, "-m", "lti_room"]
    port = listener.getsockname()[1]
    ready = _answers(f"http://{Address(settings.bind.host, port)}/health/ready")
    started = SystemClock().now()
    fd = listener.fileno()
    parts = [
        Part(f"web process {n}", [*python, "web", "--fd", str(fd)], ready, (fd,))
        for n in range(settings.web_workers)
    ]
    for n in range(settings.media_workers):
        command = [*python, "media", "--index", str(n)]
        parts.append(Part(f"media worker {n}", command, _media_beats(settings, n, started)))
    if settings.development:
        alive = _answers(f"{settings.devlms_url}/devlms/")
        parts.append(Part("emulated LMSs", [*python, "devlms"], alive))
    return parts


def _greet(settings: Settings) -> None:
    address = f"{settings.devlms_url}/devlms/" if settings.development else settings.public_url
    print(f"\n  lti-room is ready:  {address}\n\n  Ctrl-C stops it.\n", flush=True)


def run(_: argparse.Namespace) -> int:
    """Run everything until Ctrl-C or SIGTERM."""
    settings = load()
    setup(settings.log_level)
    with _only_one(settings), listen_tcp("web server", settings.bind, "LTI_ROOM_BIND") as listener:
        listener.set_inheritable(True)
        for n in range(settings.media_workers):
            where = Address(settings.media_bind.host, settings.media_bind.port + n)
            check_udp(f"media worker {n}", where, "LTI_ROOM_MEDIA_BIND")
        if settings.development:
            listen_tcp("emulated LMSs", settings.devlms_bind, "LTI_ROOM_DEVLMS_BIND").close()
        with redis_for(settings) as keep_store:
            Supervisor(_parts(settings, listener), keep_store).run(lambda: _greet(settings))
    return 0
