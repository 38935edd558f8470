"""The media worker: one process, one UDP port, all rooms pinned to it. Commands and events go over Redis.

`run(settings, index)` is the process. Redis may go away and come back: packets go on meanwhile.
"""

import asyncio
import itertools
import signal
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import orjson
import uvloop
from redis import asyncio as aioredis
from redis.exceptions import RedisError

from lti_room.base.clock import Clock, SystemClock
from lti_room.base.entropy import new_id, random_bits
from lti_room.base.errors import AppError
from lti_room.base.ids import RoomId
from lti_room.base.log import logger, setup
from lti_room.base.settings import Address, Settings
from lti_room.media.backend import GrantTable, MediaEvent
from lti_room.media.sfu import memory, messages
from lti_room.media.sfu.adapting.adaptation import ADAPT_SECONDS
from lti_room.media.sfu.adapting.speaker import TICK_SECONDS
from lti_room.media.sfu.forwarding.fast import choose, choose_cipher, choose_receive
from lti_room.media.sfu.forwarding.layer import Surroundings
from lti_room.media.sfu.messages import Answer, Close, Command, Goodbye, Hello, Publish, Show, Subscribe
from lti_room.media.sfu.room import MediaRoom
from lti_room.media.sfu.sdp.common import Transport
from lti_room.media.sfu.transport.dtls import new_certificate
from lti_room.media.sfu.transport.mux import Mux
from lti_room.media.sfu.transport.peer import Ground, Peer
from lti_room.media.sfu.trouble import Trouble

BEAT_SECONDS: Final = 1.0
REPORT_SECONDS: Final = 1.0
PIN_SECONDS: Final = 60
LISTEN_MILLISECONDS: Final = 5000
RETRY_SECONDS: Final = 0.2
STOP_SECONDS: Final = 2.0
SPEAKER_TICKS: Final = round(TICK_SECONDS / ADAPT_SECONDS)
REPORT_TICKS: Final = round(REPORT_SECONDS / ADAPT_SECONDS)

_log = logger("media.worker")


class Worker:
    """The rooms of one process, and its conversation with the web processes."""

    def __init__(
        self, settings: Settings, index: int, redis: aioredis.Redis, tail: aioredis.Redis, clock: Clock
    ) -> None:
        self.index = str(index)
        self.incarnation = new_id("i")
        self._settings = settings
        self._redis = redis
        self._tail = tail
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        bind = settings.media_bind
        port = bind.port + index if bind.port else 0
        self.mux = Mux(Address(bind.host, port), choose_receive(settings.media_fast_path))
        self._candidates = self._announced(index)
        new_cipher = choose_cipher(settings.media_fast_path)
        self.ground = Ground(self.mux, new_certificate(), self._loop.time, new_cipher)
        fanout = choose(settings.media_fast_path, trains=settings.media_trains)
        self.around = Surroundings(fanout, self._loop.call_later, self._loop.time, clock.now)
        self._rooms: dict[RoomId, MediaRoom] = {}
        self._said: deque[tuple[str, bytes]] = deque(maxlen=messages.STREAM_LENGTH)
        self._to_say = asyncio.Event()
        self._hello = "0-0"
        self._redis_ahead = 0.0
        self._trouble = Trouble(_log)

    def announce(self, peer: Peer) -> Transport:
        """Return what the SDP says of a peer connection."""
        session, fingerprint = random_bits(48), self.ground.fingerprint
        return Transport(session, peer.username, peer.password, fingerprint, self._candidates)

    async def serve(self, stop: asyncio.Event) -> None:
        """Work until told to stop; then say goodbye and close every peer connection."""
        position = await self._newest()
        self.mux.start(self._loop)
        await self._greet()
        tasks = [
            asyncio.create_task(part)
            for part in (
                self._listen(position),
                self._speak(),
                self._beat(),
                self._tick(),
                self._give_back(),
            )
        ]
        stopping = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
        for task in (*tasks, stopping):
            task.cancel()
        await self._leave()
        for task in done - {stopping}:
            task.result()

    def _announced(self, index: int) -> tuple[Address, ...]:
        local = self.mux.local_addresses
        port = self._settings.media_port + index if self._settings.media_port else local[0].port
        if self._settings.media_address:
            return (Address(self._settings.media_address, port),)
        outside = [address for address in local if not address.host.startswith("127.")]
        return tuple(Address(address.host, port) for address in (outside if len(local) > 1 else local))

    async def _newest(self) -> bytes:
        """Return the id of the newest command: what came before this start was for somebody else."""
        while True:
            try:
                return messages.newest(await self._redis.xrevrange(messages.inbox(self.index), count=1))
            except RedisError:
                await asyncio.sleep(RETRY_SECONDS)

    async def _greet(self) -> None:
        said: Any = await self._redis.xadd(
            messages.outbox(self.index),
            {messages.FIELD: messages.encode_event(Hello(self.incarnation))},
            maxlen=messages.STREAM_LENGTH,
        )
        self._hello = bytes(said).decode()
        self._take_clock(await self._redis.time())
        await self._write_record()
        _log.info("worker %s listens on %s", self.index, ", ".join(map(str, self.mux.local_addresses)))

    async def _leave(self) -> None:
        for room in self._rooms.values():
            room.close_all()
        await asyncio.sleep(0)
        with suppress(RedisError, TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await self._redis.hdel(messages.WORKERS_KEY, self.index)
                self._say_event(Goodbye(self.incarnation))
                await self._flush()
        self.mux.close(self._loop)

    async def _listen(self, position: bytes) -> None:
        stream = messages.inbox(self.index)
        while True:
            try:
                found = await self._tail.xread({stream: position}, count=100, block=LISTEN_MILLISECONDS)
            except RedisError:
                await asyncio.sleep(RETRY_SECONDS)
                continue
            for _, entry, data in messages.said(found):
                position = entry
                await self._take(data)

    async def _take(self, data: bytes) -> None:
        try:
            command = messages.decode_command(data)
        except ValueError:
            self._trouble.note("a command could not be read")
            return
        try:
            await self._obey(command)
        except AppError as error:
            _log.info("a command was refused", extra={"code": error.code})
        except Exception:  # whatever it was: the next command is somebody else's
            self._trouble.note("a command failed")

    async def _obey(self, command: Command) -> None:
        match command:
            case GrantTable(room):
                if room in self._rooms:
                    self._rooms[room].grant(command)
            case Publish(request, who):
                room_ = await self._room(who.room)
                self._say(messages.reply_key(request), self._publish(room_, command))
            case Subscribe(who):
                (await self._room(who.room)).subscribe(who)
            case Answer(who, number, sdp):
                if who.room in self._rooms:
                    self._rooms[who.room].answer(who.connection, number, sdp)
            case Show(who, view):
                if who.room in self._rooms:
                    self._rooms[who.room].show(who.connection, view)
            case Close(who):
                if who.room in self._rooms:
                    self._rooms[who.room].close(who.connection)

    @staticmethod
    def _publish(room: MediaRoom, command: Publish) -> bytes:
        try:
            return orjson.dumps({"sdp": room.publish(command.who, command.sdp, command.sources)})
        except AppError as error:
            return orjson.dumps({"code": error.code, "message": error.message})

    async def _room(self, room: RoomId) -> MediaRoom:
        """Return a room, made with the newest grants Redis holds when it is new here."""
        if room not in self._rooms:
            made = MediaRoom(room, self, self._say_event)
            try:
                stored: Any = await self._redis.hget(messages.grants_key(room), "table")
            except RedisError:
                stored = None
            if stored is not None:
                made.grant(self._stored_grants(room, bytes(stored)))
            self._rooms.setdefault(room, made)
        return self._rooms[room]

    def _stored_grants(self, room: RoomId, data: bytes) -> GrantTable:
        """Return the grants that Redis holds of a room: nobody's, if they are unreadable."""
        try:
            table = messages.decode_command(data)
        except ValueError:
            self._trouble.note("a room's grants could not be read")
            table = None
        return table if isinstance(table, GrantTable) else GrantTable(room, -1)

    def _say_event(self, event: MediaEvent | Hello | Goodbye) -> None:
        self._say(messages.outbox(self.index), messages.encode_event(event))

    def _say(self, key: str, data: bytes) -> None:
        self._said.append((key, data))
        self._to_say.set()

    async def _speak(self) -> None:
        while True:
            await self._to_say.wait()
            self._to_say.clear()
            try:
                await self._flush()
            except RedisError:
                self._to_say.set()
                await asyncio.sleep(RETRY_SECONDS)

    async def _flush(self) -> None:
        batch = list(self._said)
        pipeline = self._redis.pipeline(transaction=False)
        for key, data in batch:
            if key == messages.outbox(self.index):
                pipeline.xadd(key, {messages.FIELD: data}, maxlen=messages.STREAM_LENGTH, approximate=True)
            else:
                pipeline.rpush(key, data)
                pipeline.expire(key, messages.REPLY_SECONDS)
        await pipeline.execute()
        for _ in batch:
            self._said.popleft()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            with suppress(RedisError):
                for room in [each for each in self._rooms.values() if each.empty]:
                    del self._rooms[room.id]
                await self._write_record()

    async def _write_record(self) -> None:
        """Say that this worker is there, keep its rooms pinned, and read Redis's clock for the next time."""
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.hset(messages.WORKERS_KEY, self.index, self._record().encode())
        for room_id in self._rooms:
            pipeline.expire(messages.pin_key(room_id), PIN_SECONDS)
        pipeline.time()
        *_, time = await pipeline.execute()
        self._take_clock(time)

    def _take_clock(self, time: tuple[int, int]) -> None:
        self._redis_ahead = time[0] + time[1] / 1e6 - self._loop.time()

    def _record(self) -> messages.WorkerRecord:
        address = self._candidates[0]
        return messages.WorkerRecord(
            self.incarnation,
            address.host,
            address.port,
            self._loop.time() + self._redis_ahead,
            sum(room.peers for room in self._rooms.values()),
            self._hello,
        )

    async def _tick(self) -> None:
        """Do what is done at intervals in one go: waking for each of it costs more than most of it."""
        for count in itertools.count(1):
            await asyncio.sleep(ADAPT_SECONDS)
            self.mux.look()
            self._in_each_room(MediaRoom.adapt, self._loop.time())
            if count % SPEAKER_TICKS == 0:
                self._in_each_room(MediaRoom.tick)
            if count % REPORT_TICKS == 0:
                self._in_each_room(MediaRoom.report, self._loop.time(), self._clock.now())

    async def _give_back(self) -> None:
        trim, gone = memory.trimmer(), 0
        while True:
            await asyncio.sleep(memory.EVERY_SECONDS)
            if self.mux.gone - gone >= memory.WORTH_IT:
                gone = self.mux.gone
                trim()

    def _in_each_room(self, work: Callable[..., None], *times: float) -> None:
        """Do something in every room; one that fails does not end the worker for the others."""
        for room in list(self._rooms.values()):
            try:
                work(room, *times)
            except Exception:
                self._trouble.note("a room failed")


async def _main(settings: Settings, index: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    url = settings.effective_redis_url
    redis = aioredis.Redis.from_url(url, protocol=2, socket_timeout=2.0)
    tail = aioredis.Redis.from_url(url, protocol=2, socket_timeout=None)
    try:
        await Worker(settings, index, redis, tail, SystemClock()).serve(stop)
    finally:
        await redis.aclose()
        await tail.aclose()


def run(settings: Settings, index: int) -> None:
    """Be media worker `index` until SIGTERM.

    Raises:
        OSError: the UDP port is taken.
    """
    setup(settings.log_level)
    uvloop.run(_main(settings, index))
