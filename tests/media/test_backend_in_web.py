"""The backend as a web process has it: under gevent, where nothing may stop the other greenlets."""

import json
import subprocess
import sys

from lti_room.base.settings import Settings
from tests.support.media import WorkerProcess

_SCRIPT = """
from gevent import monkey
monkey.patch_all()
import json, sys, time
import gevent
from lti_room.base.ids import ConnectionId, ParticipantId, RoomId
from lti_room.base.redis_client import connect
from lti_room.media.backend import Endpoint, GrantTable, MediaError, MediaSource, SubscribeOffer
from lti_room.media.sfu.backend import SfuBackend

url = sys.argv[1]
backend = SfuBackend(connect(url), url, "w_gevent")
events, ticks, answers = [], [], []
gevent.spawn(backend.run, events.append)

def tick():
    while True:
        ticks.append(time.monotonic())
        gevent.sleep(0.01)

def publish(n):
    who = Endpoint(RoomId("r_g"), ParticipantId(f"p_{n}"), ConnectionId(f"c_{n}"))
    backend.grant(GrantTable(RoomId("r_g"), n, {}))
    try:
        backend.publish(who, "nonsense", {"0": MediaSource.MICROPHONE})
    except MediaError as error:
        answers.append(error.code)
    backend.subscribe(who)

gevent.sleep(0.2)
gevent.spawn(tick)
gevent.joinall([gevent.spawn(publish, n) for n in range(20)], timeout=5)
gevent.sleep(1.0)
gaps = [b - a for a, b in zip(ticks, ticks[1:])]
loaded = sorted(name for name in ("aiortc", "aioice", "pylibsrtp", "av") if name in sys.modules)
offers = {event.connection for event in events if isinstance(event, SubscribeOffer)}
print(json.dumps({"answers": answers, "longest": max(gaps), "loaded": loaded, "offers": len(offers)}))
"""


def test_calls_and_events_share_a_process_with_other_greenlets(
    worker: WorkerProcess, redis_settings: Settings
) -> None:
    command = [sys.executable, "-c", _SCRIPT, redis_settings.effective_redis_url]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert ran.returncode == 0, ran.stderr
    seen = json.loads(ran.stdout)
    assert seen["answers"] == ["media_bad_sdp"] * 20
    assert seen["offers"] == 20
    assert seen["longest"] < 0.5, "nobody waited for Redis in a way that stops the others"
    assert seen["loaded"] == []
