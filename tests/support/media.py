"""Media workers as processes of their own, and the backend with its events collected."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from lti_room.base.entropy import new_id
from lti_room.base.ids import ConnectionId, ParticipantId, RoomId
from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings
from lti_room.media.backend import (
    Endpoint,
    GrantRow,
    GrantTable,
    MediaEvent,
    MediaSource,
    SubscribeOffer,
)
from lti_room.media.sfu import messages
from lti_room.media.sfu.backend import SfuBackend
from tests.support.stack import wait_until

_RUN = "import sys; from lti_room.base.settings import load; from lti_room.media.sfu.worker import run; run(load(), int(sys.argv[1]))"
MICROPHONE_AND_CAMERA = frozenset({MediaSource.MICROPHONE, MediaSource.CAMERA})


class WorkerProcess:
    """One media worker on a free UDP port of 127.0.0.1."""

    def __init__(
        self, settings: Settings, folder: Path, index: int = 0, more: Mapping[str, str] | None = None
    ) -> None:
        self.index = index
        self._log = folder / f"media{index}.log"
        clean = {name: value for name, value in os.environ.items() if not name.startswith("LTI_ROOM_")}
        self._environment = {
            **clean,
            "LTI_ROOM_DEVELOPMENT": "1",
            "LTI_ROOM_DATA": str(settings.data),
            "LTI_ROOM_REDIS_URL": settings.effective_redis_url,
            "LTI_ROOM_MEDIA_BIND": "127.0.0.1:0",
            **(more or {}),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process (again)."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _RUN, str(self.index)], env=self._environment, stdout=log, stderr=log
            )

    def wait_ready(self, redis: Redis, seconds: float = 15.0) -> messages.WorkerRecord:
        """Wait for a record with another incarnation than the last one seen here."""
        known = getattr(self, "_incarnation", "")

        def look() -> messages.WorkerRecord | None:
            assert self._process is not None
            assert self._process.poll() is None, self.log()
            data = redis.hget(messages.WORKERS_KEY, str(self.index))
            record = messages.WorkerRecord.decode(bytes(data)) if isinstance(data, bytes) else None
            return record if record and record.incarnation != known else None

        record = wait_until(look, seconds, "the worker announces itself")
        assert record is not None
        self._incarnation = record.incarnation
        return record

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._process is not None
        return self._process.pid

    def log(self) -> str:
        """What the worker wrote to its log."""
        return self._log.read_text()

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> int:
        """SIGTERM; return the exit status."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(10)


class Signalling:
    """A backend, and everything it delivered."""

    def __init__(self, redis: Redis, url: str) -> None:
        self.backend = SfuBackend(redis, url, "w_test")
        self.events: list[MediaEvent] = []
        self.arrived: list[float] = []
        threading.Thread(target=self.backend.run, args=(self._take,), daemon=True).start()

    def _take(self, event: MediaEvent) -> None:
        self.arrived.append(time.monotonic())
        self.events.append(event)

    def offers(self, connection: ConnectionId) -> list[SubscribeOffer]:
        """Return the offers for a page, repeats left out."""
        mine = [e for e in self.events if isinstance(e, SubscribeOffer) and e.connection == connection]
        return list({offer.number: offer for offer in mine}.values())


def endpoint(room: RoomId, participant: str | None = None) -> Endpoint:
    """Return a page of a participant."""
    who = ParticipantId(participant or new_id("p"))
    return Endpoint(room, who, ConnectionId(new_id("c")))


def table(room: RoomId, version: int, rows: Mapping[str, GrantRow]) -> GrantTable:
    """Return a grant table."""
    return GrantTable(room, version, {ParticipantId(who): row for who, row in rows.items()})


def may_send(*sources: MediaSource, off: frozenset[MediaSource] = frozenset()) -> GrantRow:
    """Return a row that grants these sources; none given: microphone and camera."""
    return GrantRow(frozenset(sources) or MICROPHONE_AND_CAMERA, off)
