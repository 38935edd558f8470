"""The processes beside the one that watches: a media worker with its Redis, and those who publish."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.partner import Partner
from lti_room.base.ids import RoomId
from lti_room.base.redis_client import connect
from lti_room.base.redis_server import EmbeddedRedis
from lti_room.base.settings import load
from tests.support.media import WorkerProcess


@contextmanager
def a_worker() -> Iterator[tuple[WorkerProcess, str]]:
    """Run a media worker; yield it and the address of its Redis."""
    with tempfile.TemporaryDirectory(prefix="lti-room-bench-") as folder:
        settings = load({"LTI_ROOM_DEVELOPMENT": "1", "LTI_ROOM_DATA": str(Path(folder) / "data")})
        with EmbeddedRedis(settings):
            redis = connect(settings.effective_redis_url)
            worker = WorkerProcess(settings, Path(folder))
            worker.start()
            try:
                worker.wait_ready(redis)
                yield worker, settings.effective_redis_url
            finally:
                redis.close()
                worker.kill()


class Senders(Partner):
    """The process of those who publish, from `with` to its end."""

    def __init__(self, redis_url: str, room: RoomId, names: Sequence[str], rids: str, speaking: int) -> None:
        who = (redis_url, room, ",".join(names), "--rids", rids, "--loud", str(speaking))
        super().__init__("benchmarks.crowd.senders", *who)

    def wait_ready(self) -> None:
        """Wait until all are connected and sending.

        Raises:
            RuntimeError: the process ended.
        """
        self.line()

    def report(self) -> dict[str, Any]:
        """Return packets, the longest gap in a voice and the share of gaps up to 60 ms, all as sent."""
        return dict(json.loads(self.ask("report")))
