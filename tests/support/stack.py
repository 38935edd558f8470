"""The real program on free ports: a Redis of its own, web processes, media worker, emulated LMSs."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import orjson

from lti_room.base.redis_client import Redis, connect
from lti_room.base.redis_server import EmbeddedRedis
from lti_room.base.settings import Settings, load

READY_SECONDS = 40.0
HANDED_ON = ("LTI_ROOM_MEDIA_FAST_PATH", "LTI_ROOM_MEDIA_TRAINS")
"""Settings that the whole suite may be run with: `LTI_ROOM_MEDIA_FAST_PATH=off make test`."""
T = TypeVar("T")


def handed_on() -> dict[str, str]:
    """Return the settings of the test run that programs under test are started with."""
    return {name: os.environ[name] for name in HANDED_ON if name in os.environ}


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """Return a port of 127.0.0.1 that is free just now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(look: Callable[[], T | None], seconds: float, what: str) -> T:
    """Poll until `look` returns something true; raise with `what` otherwise."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)


def answers(url: str) -> bool:
    """Whether a GET of `url` is answered with 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


class Process:
    """One part of the program, started as a user would: `python -m lti_room <command>`."""

    def __init__(
        self, arguments: list[str], environment: Mapping[str, str], log: Path, fd: int | None
    ) -> None:
        self.arguments = arguments
        self.environment = dict(environment)
        self.log = log
        self._fd = fd
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it (again)."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("LTI_ROOM_")}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "lti_room", *self.arguments],
                env={**clean, **self.environment},
                stdout=log,
                stderr=log,
                pass_fds=() if self._fd is None else (self._fd,),
            )

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """kill -9, as a crash or an out-of-memory killer would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """Ask it to stop; return its exit status."""
        if self._process is None or self._process.poll() is not None:
            return 0
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"did not stop within 10 s: {self.arguments}") from None

    def assert_alive(self) -> None:
        """Fail with its log if it has ended."""
        if self._process is not None and self._process.poll() is not None:
            raise AssertionError(f"{self.arguments} ended:\n{self.log.read_text()[-4000:]}")


class Stack:
    """The program's parts, running between `with` and its end.

    `webs` separate web processes each get a port of their own (so that a test can choose the process
    of each client); with `shared` they all accept on the first port, as under `lti-room up`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        webs: int = 1,
        shared: bool = False,
        media: int = 0,
        devlms: bool = False,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._folder = folder
        self._shared = shared
        self._listeners: list[socket.socket] = []
        ports = [free_port() for _ in range(1 if shared else webs)]
        self.environment = {
            **handed_on(),
            "LTI_ROOM_DEVELOPMENT": "1",
            "LTI_ROOM_DATA": str(folder / "data"),
            "LTI_ROOM_BIND": f"127.0.0.1:{ports[0]}",
            "LTI_ROOM_PUBLIC_URL": f"http://127.0.0.1:{ports[0]}",
            "LTI_ROOM_DEVLMS_BIND": f"localhost:{free_port()}",
            "LTI_ROOM_MEDIA_BIND": f"127.0.0.1:{free_port(socket.SOCK_DGRAM)}",
            "LTI_ROOM_MEDIA_WORKERS": str(max(1, media)),
            **(settings or {}),
        }
        self.settings: Settings = load(self.environment)
        self.urls = [f"http://127.0.0.1:{port}" for port in ports]
        self.webs = [self._web(n, ports[0 if shared else n]) for n in range(webs)]
        self.medias = [self._part("media", n, ["media", "--index", str(n)]) for n in range(media)]
        self.devlms = [self._part("devlms", 0, ["devlms"])] if devlms else []
        self._redis = EmbeddedRedis(self.settings)

    def _part(self, name: str, n: int, arguments: list[str], fd: int | None = None, **extra: str) -> Process:
        return Process(arguments, {**self.environment, **extra}, self._folder / f"{name}{n}.log", fd)

    def _web(self, n: int, port: int) -> Process:
        if not self._shared:
            return self._part("web", n, ["web"], LTI_ROOM_BIND=f"127.0.0.1:{port}")
        if not self._listeners:
            listener = socket.create_server(("127.0.0.1", port), backlog=512)
            listener.set_inheritable(True)
            self._listeners.append(listener)
        fd = self._listeners[0].fileno()
        return self._part("web", n, ["web", "--fd", str(fd)], fd)

    @property
    def url(self) -> str:
        """The address browsers use."""
        return self.settings.public_url

    @property
    def devlms_url(self) -> str:
        """The page to launch from."""
        return f"{self.settings.devlms_url}/devlms/"

    def redis(self) -> Redis:
        """Return a client of this stack's Redis."""
        return connect(self.settings.effective_redis_url)

    def __enter__(self) -> "Stack":
        self._folder.mkdir(parents=True, exist_ok=True)
        self._redis.__enter__()
        parts = [*self.webs, *self.medias, *self.devlms]
        try:
            for part in parts:
                part.start()
            wait_until(lambda: self._is_ready(parts), READY_SECONDS, "all parts are ready")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _is_ready(self, parts: list[Process]) -> bool:
        for part in parts:
            part.assert_alive()
        if not all(answers(f"{url}/health/ready") for url in self.urls):
            return False
        if self.devlms and not answers(self.devlms_url):
            return False
        beats = self.redis().hgetall("media:workers") if self.medias else {}
        return len(beats) >= len(self.medias) and all("beat" in orjson.loads(beat) for beat in beats.values())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for part in [*self.devlms, *self.webs, *self.medias]:
            part.stop()
        for listener in self._listeners:
            listener.close()
        self._redis.__exit__(None, None, None)
