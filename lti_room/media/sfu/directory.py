"""Which worker serves which room: pinned in Redis while the room is in use, anew when its worker dies."""

from collections.abc import Iterable
from typing import Any, Final

from lti_room.base.ids import RoomId
from lti_room.base.redis_client import Redis
from lti_room.media.sfu import messages
from lti_room.media.sfu.messages import WorkerRecord

DEAD_AFTER_SECONDS: Final = 3.0
MOVED_SECONDS: Final = 30.0
PIN_SECONDS: Final = 60
"""A worker prolongs the pins of the rooms it serves; a room nobody is in loses its own."""

_PIN: Final = """
local pinned = redis.call('GET', KEYS[1])
for i = 2, #ARGV do
  if pinned == ARGV[i] then
    redis.call('EXPIRE', KEYS[1], ARGV[1])
    return pinned
  end
end
if pinned then
  redis.call('ZADD', 'media:' .. pinned .. ':rooms', redis.call('TIME')[1], KEYS[2])
end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[1])
redis.call('ZADD', 'media:' .. ARGV[2] .. ':rooms', 0, KEYS[2])
return ARGV[2]
"""


class Directory:
    """The live workers, and the rooms pinned to them."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._pin = redis.register_script(_PIN)

    def workers(self) -> dict[str, WorkerRecord]:
        """Return every worker that ever wrote a record and did not say goodbye, dead ones too."""
        return self._read()[0]

    def live_workers(self) -> dict[str, WorkerRecord]:
        """Return the workers that wrote their record within the last three seconds of Redis's clock."""
        records, now = self._read()
        return {name: each for name, each in records.items() if now - each.beat < DEAD_AFTER_SECONDS}

    def worker_of(self, room: RoomId) -> str | None:
        """Return the live worker of a room; the least loaded one is chosen for a room that has none.

        None when no worker is alive.
        """
        live = self.live_workers()
        if not live:
            return None
        by_load = sorted(live, key=lambda name: (live[name].load, name))
        chosen = self._pin(keys=[messages.pin_key(room), room], args=[PIN_SECONDS, *by_load])
        return bytes(chosen).decode()

    def pinned_to(self, worker: str) -> tuple[RoomId, ...]:
        """Return the rooms pinned to a worker, or moved away from it just now because it died.

        Every process asks after a loss; the first one's pages may have moved a room before the last one asks.
        """
        key = messages.pinned_key(worker)
        members: Iterable[Any] = self._redis.zrange(key, 0, -1, withscores=True)
        moved = {RoomId(bytes(member).decode()): float(at) for member, at in members}
        if not moved:
            return ()
        pins = self._redis.mget([messages.pin_key(room) for room in moved])
        now = self._read()[1]
        lost = [
            room
            for (room, at), pin in zip(moved.items(), pins, strict=True)
            if pin is not None and (pin == worker.encode() or now - at < MOVED_SECONDS)
        ]
        if gone := [room for room in moved if room not in lost]:
            self._redis.zrem(key, *gone)
        return tuple(sorted(lost))

    def _read(self) -> tuple[dict[str, WorkerRecord], float]:
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.hgetall(messages.WORKERS_KEY)
        pipeline.time()
        found, (seconds, micros) = pipeline.execute()
        return {
            name.decode(): WorkerRecord.decode(data) for name, data in found.items()
        }, seconds + micros / 1e6
