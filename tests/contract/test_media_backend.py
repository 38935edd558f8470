"""What every `MediaBackend` promises: held against the media workers, and against the silent one."""

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lti_room.base.entropy import new_id
from lti_room.base.ids import RoomId
from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings
from lti_room.media.backend import (
    Endpoint,
    GrantRow,
    MediaBackend,
    MediaError,
    MediaEvent,
    MediaSource,
    View,
)
from lti_room.media.sfu.backend import SfuBackend
from lti_room.media.silent import SilentBackend
from tests.support.media import WorkerProcess, endpoint, may_send, table

SFU, SILENT, NO_WORKER = "sfu", "silent", "sfu without a worker"


@pytest.fixture(params=[SFU, SILENT, NO_WORKER])
def backend(
    request: pytest.FixtureRequest, redis: Redis, redis_settings: Settings, tmp_path: Path
) -> Iterator[MediaBackend]:
    if request.param == SILENT:
        yield SilentBackend()
        return
    worker = WorkerProcess(redis_settings, tmp_path)
    if request.param == SFU:
        worker.start()
        worker.wait_ready(redis)
    yield SfuBackend(redis, redis_settings.effective_redis_url, "w_contract")
    worker.kill()


@pytest.fixture
def who() -> Endpoint:
    return endpoint(RoomId(new_id("r")))


def test_grants_are_taken_at_any_time_in_any_order(backend: MediaBackend, who: Endpoint) -> None:
    for version in (3, 1, 3, 4):
        backend.grant(table(who.room, version, {who.participant: may_send(), "p_x": GrantRow(receive=False)}))


def test_a_bad_offer_is_refused_with_a_code_of_the_protocol(backend: MediaBackend, who: Endpoint) -> None:
    begun = time.monotonic()
    with pytest.raises(MediaError) as refusal:
        backend.publish(who, "nonsense", {"0": MediaSource.MICROPHONE})
    assert refusal.value.code in {"media_bad_sdp", "media_unreachable"}
    assert refusal.value.message.endswith(".")
    assert time.monotonic() - begun < 2


def test_pages_nobody_knows_are_no_error(backend: MediaBackend, who: Endpoint) -> None:
    view = View({(who.participant, MediaSource.CAMERA): 90})
    calls = (
        lambda: backend.close(who),
        lambda: backend.answer(who, 1, "nonsense"),
        lambda: backend.view(who, view),
    )
    for call in calls:
        with contextlib.suppress(MediaError):
            call()


def test_a_worker_nobody_knows_has_no_rooms(backend: MediaBackend) -> None:
    assert backend.lost_rooms("77") == ()


def test_delivery_goes_on_for_ever_and_says_nothing_unasked(backend: MediaBackend) -> None:
    heard: list[MediaEvent] = []
    thread = threading.Thread(target=backend.run, args=(heard.append,), daemon=True)
    thread.start()
    thread.join(1.5)
    assert thread.is_alive()
    assert heard == []
