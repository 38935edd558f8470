"""The web side of the media server: commands into Redis, events out of it. Never loads aiortc.

Works in greenlets and in plain threads: all waiting is done in Redis calls.
"""

from collections.abc import Callable, Mapping
from time import monotonic, sleep
from typing import Any, Final

import orjson
from redis.exceptions import RedisError

from lti_room.base.entropy import new_id
from lti_room.base.errors import StoreUnavailable
from lti_room.base.ids import RoomId
from lti_room.base.log import logger
from lti_room.base.redis_client import Redis, connect_tail
from lti_room.media.backend import (
    Endpoint,
    GrantTable,
    MediaError,
    MediaErrorCode,
    MediaEvent,
    MediaLost,
    MediaSource,
    View,
)
from lti_room.media.sfu import messages
from lti_room.media.sfu.directory import Directory
from lti_room.media.sfu.messages import Answer, Close, Command, Goodbye, Hello, Publish, Show, Subscribe

ANSWER_SECONDS: Final = 3
GRANTS_KEPT_SECONDS: Final = 86_400
CHECK_SECONDS: Final = 1.0
RETRY_SECONDS: Final = 0.2

_GRANT: Final = """
local kept = redis.call('HGET', KEYS[1], 'version')
if not kept or tonumber(kept) <= tonumber(ARGV[1]) then
  redis.call('HSET', KEYS[1], 'version', ARGV[1], 'table', ARGV[2])
end
redis.call('EXPIRE', KEYS[1], ARGV[3])
local worker = redis.call('GET', KEYS[2])
if worker then
  redis.call('XADD', 'media:' .. worker .. ':in', 'MAXLEN', '~', ARGV[4], '*', 'm', ARGV[2])
end
"""

_log = logger("media.backend")


class SfuBackend:
    """`MediaBackend` on the media workers. `process_id` names this process in log lines."""

    def __init__(self, redis: Redis, redis_url: str, process_id: str) -> None:
        self._redis = redis
        self._tail = connect_tail(redis_url)
        self._process = process_id
        self._directory = Directory(redis)
        self._grant = redis.register_script(_GRANT)

    def grant(self, table: GrantTable) -> None:
        """Keep the room's grants in Redis, and send them to its worker if it has one.

        A worker that serves the room later reads what was kept; an older table changes nothing.

        Raises:
            StoreUnavailable: Redis did not answer.
        """
        data = messages.encode_table(table)
        try:
            self._grant(
                keys=[messages.grants_key(table.room), messages.pin_key(table.room)],
                args=[table.version, data, GRANTS_KEPT_SECONDS, messages.STREAM_LENGTH],
            )
        except RedisError as error:
            raise StoreUnavailable from error

    def publish(self, who: Endpoint, sdp: str, sources: Mapping[str, MediaSource]) -> str:
        """Answer a client's publish offer; waits for the worker up to 3 s.

        Raises:
            MediaError: `media_bad_sdp`, `media_unreachable` or `media_timeout`.
        """
        request = new_id("q")
        self._send(Publish(request, who, sdp, sources))
        try:
            popped = self._tail.blpop([messages.reply_key(request)], timeout=ANSWER_SECONDS)
        except RedisError as error:
            raise _unreachable() from error
        if popped is None:
            raise MediaError(MediaErrorCode.TIMEOUT, "The media server did not answer. Trying again helps.")
        reply: messages.Reply = orjson.loads(popped[1])
        if "sdp" not in reply:
            raise MediaError(reply["code"], reply["message"])
        return reply["sdp"]

    def subscribe(self, who: Endpoint) -> None:
        """Start sending the room to this page: a `SubscribeOffer` follows.

        Raises:
            MediaError: `media_unreachable`.
        """
        self._send(Subscribe(who))

    def answer(self, who: Endpoint, number: int, sdp: str) -> None:
        """Hand in the client's answer. A malformed one closes the connection: an `EndpointClosed` follows.

        Raises:
            MediaError: `media_unreachable`.
        """
        self._send(Answer(who, number, sdp))

    def view(self, who: Endpoint, view: View) -> None:
        """Say what this page shows.

        Raises:
            MediaError: `media_unreachable`.
        """
        self._send(Show(who, view))

    def close(self, who: Endpoint) -> None:
        """Close both peer connections of this page.

        Raises:
            MediaError: `media_unreachable`.
        """
        self._send(Close(who))

    def lost_rooms(self, worker: str) -> tuple[RoomId, ...]:
        """Return the rooms pinned to a worker.

        Raises:
            StoreUnavailable: Redis did not answer.
        """
        try:
            return self._directory.pinned_to(worker)
        except RedisError as error:
            raise StoreUnavailable from error

    def run(self, sink: Callable[[MediaEvent], None]) -> None:
        """Deliver what all workers say to `sink`, for ever.

        Every process hears every page's events, because a page may have moved to another process;
        the sink passes over pages it does not have.
        """
        tail: _Tail | None = None
        while True:
            try:
                tail = tail or _Tail(self._tail, self._directory)
                for event in tail.read():
                    self._deliver(sink, event)
            except (RedisError, OSError):
                _log.warning("process %s waits for Redis", self._process)
                sleep(RETRY_SECONDS)

    @staticmethod
    def _deliver(sink: Callable[[MediaEvent], None], event: MediaEvent) -> None:
        try:
            sink(event)
        except Exception:
            _log.exception("an event of the media server could not be delivered")

    def _send(self, command: Publish | Subscribe | Answer | Show | Close) -> None:
        try:
            worker = self._directory.worker_of(command.who.room)
            if worker is None:
                raise _unreachable()
            self._add(worker, command)
        except RedisError as error:
            raise _unreachable() from error

    def _add(self, worker: str, command: Command) -> None:
        self._redis.xadd(
            messages.inbox(worker),
            {messages.FIELD: messages.encode_command(command)},
            maxlen=messages.STREAM_LENGTH,
            approximate=True,
        )


def _unreachable() -> MediaError:
    return MediaError(
        MediaErrorCode.UNREACHABLE, "Sound and video are not available just now. Trying again helps."
    )


class _Tail:
    """Reads the streams of all workers, and notices workers that die or are replaced."""

    def __init__(self, redis: Redis, directory: Directory) -> None:
        self._redis = redis
        self._directory = directory
        self._incarnations = {name: each.incarnation for name, each in directory.workers().items()}
        self._positions: dict[Any, Any] = {
            messages.outbox(name): self._newest(name) for name in self._incarnations
        }
        self._lost: set[str] = set()
        self._checked = monotonic()

    def read(self) -> list[MediaEvent]:
        """Return what was said next; an empty list after about a second of silence."""
        events = self._check() if monotonic() - self._checked >= CHECK_SECONDS else []
        if not self._positions:
            sleep(RETRY_SECONDS)
            return self._check()
        if events:
            return events
        found = self._redis.xread(self._positions, count=500, block=int(CHECK_SECONDS * 1000))
        for stream, entry, data in messages.said(found):
            self._positions[stream] = entry
            events += self._understand(stream.split(":")[1], data)
        return events

    def _newest(self, worker: str) -> bytes:
        return messages.newest(self._redis.xrevrange(messages.outbox(worker), count=1))

    def _check(self) -> list[MediaEvent]:
        """Look for new workers, and for those that have fallen silent."""
        self._checked = monotonic()
        for name, record in self._directory.workers().items():
            if name not in self._incarnations:
                self._incarnations[name] = record.incarnation
                self._positions[messages.outbox(name)] = record.hello.encode()
        live = self._directory.live_workers()
        return [lost for name in self._incarnations if name not in live for lost in self._lose(name)]

    def _lose(self, worker: str) -> list[MediaEvent]:
        incarnation = self._incarnations[worker]
        if incarnation in self._lost:
            return []
        self._lost = {*self._lost & set(self._incarnations.values()), incarnation}
        return [MediaLost(worker)]

    def _understand(self, worker: str, data: bytes) -> list[MediaEvent]:
        try:
            event = messages.decode_event(data)
        except (ValueError, KeyError, TypeError):
            _log.warning("an event of the media server could not be read")
            return []
        if isinstance(event, Goodbye):
            return self._lose(worker) if event.incarnation == self._incarnations[worker] else []
        if isinstance(event, Hello):
            known, self._incarnations[worker] = self._incarnations[worker], event.incarnation
            return [MediaLost(worker)] if known != event.incarnation else []
        return [event]
