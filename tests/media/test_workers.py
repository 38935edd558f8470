"""Workers come and go: killed, replaced, stopped, several at once; and rooms find theirs."""

import asyncio
import itertools
import time

from lti_room.base.ids import RoomId
from lti_room.base.redis_client import Redis
from lti_room.media.backend import EndpointClosed, MediaLost
from lti_room.media.sfu import messages
from lti_room.media.sfu.directory import Directory
from tests.media.conftest import StartWorker
from tests.support.media import Receiving, Scene, Signalling, WorkerProcess, endpoint, may_send
from tests.support.stack import wait_until


def _lost(signalling: Signalling) -> list[str]:
    return [event.worker for event in signalling.events if isinstance(event, MediaLost)]


def test_a_killed_worker_is_replaced_and_the_room_goes_on_with_its_grants(
    worker: WorkerProcess, signalling: Signalling, redis: Redis
) -> None:
    async def scenario() -> None:
        async with Scene(signalling) as scene:
            speaker = await scene.publish("p_speaker")
            scene.grant({speaker.me: may_send()})
            viewer = await scene.receive()
            await speaker.play(0.5)
            assert viewer.total() > 0
            worker.kill()
            worker.start()
            worker.wait_ready(redis)
            await viewer.until(lambda: _lost(signalling), 1.0)
            assert _lost(signalling) == ["0"]
            assert signalling.backend.lost_rooms("0") == (scene.room,)
            again = await scene.publish("p_speaker")
            watching = await scene.receive()
            await again.play(1.0)
            assert len(watching.got("p_speaker", "camera")) > 50, "the new worker has read the grants itself"

    asyncio.run(scenario())


def test_a_new_incarnation_is_noticed_at_its_greeting_not_at_its_first_beat(
    worker: WorkerProcess, signalling: Signalling, redis: Redis
) -> None:
    worker.kill()
    worker.start()
    wait_until(lambda: _lost(signalling), 10, "the replacement is noticed")
    record = messages.WorkerRecord.decode(bytes(redis.hget(messages.WORKERS_KEY, "0") or b""))
    greeted = int(record.hello.partition("-")[0]) / 1000
    seconds, micros = redis.time()
    noticed_ago = time.monotonic() - signalling.arrived[-1]
    assert seconds + micros / 1e6 - noticed_ago - greeted < 0.9, "a beat comes each second"


def test_a_worker_that_dies_alone_is_missed_within_five_seconds(
    worker: WorkerProcess, signalling: Signalling
) -> None:
    worker.kill()
    wait_until(lambda: _lost(signalling), 6, "its silence is noticed")
    time.sleep(1.5)
    assert _lost(signalling) == ["0"], "and told once"


def test_a_stopped_worker_says_goodbye_and_closes_its_connections(
    worker: WorkerProcess, signalling: Signalling, redis: Redis
) -> None:
    async def scenario() -> None:
        async with Scene(signalling) as scene:
            speaker = await scene.publish()
            scene.grant({speaker.me: may_send()})
            viewer = await scene.receive()
            begun = time.monotonic()
            assert await asyncio.to_thread(worker.stop) == 0
            assert time.monotonic() - begun < 2
            await asyncio.wait_for(
                asyncio.gather(speaker.client.closed.wait(), viewer.client.closed.wait()), 1
            )
            await viewer.until(lambda: _lost(signalling), 1.0)
            assert redis.hget(messages.WORKERS_KEY, "0") is None
            assert "Traceback" not in worker.log()

    asyncio.run(scenario())


def test_rooms_are_spread_by_load_and_stay_where_they_are(
    start_worker: StartWorker, signalling: Signalling, redis: Redis
) -> None:
    async def scenario() -> None:
        async with Scene(signalling, "r_one") as one, Scene(signalling, "r_two") as two:
            await one.publish()
            first = (signalling.backend.lost_rooms("0") and "0") or "1"
            other = "1" if first == "0" else "0"
            await asyncio.sleep(1.2)
            await two.publish()
            assert signalling.backend.lost_rooms(first) == (RoomId("r_one"),)
            assert signalling.backend.lost_rooms(other) == (RoomId("r_two"),)
            await one.receive()
            assert signalling.backend.lost_rooms(first) == (RoomId("r_one"),)
            workers[int(first)].kill()
            await asyncio.sleep(3.2)
            assert Directory(redis).worker_of(RoomId("r_one")) == other, "its worker is dead"
            for worker in (first, other):
                assert RoomId("r_one") in signalling.backend.lost_rooms(worker), (
                    "the last to ask hears it too"
                )

    workers = [start_worker(0), start_worker(1)]
    asyncio.run(scenario())


def test_a_page_that_goes_away_is_forgotten(
    worker: WorkerProcess, signalling: Signalling, redis: Redis
) -> None:
    def load() -> int:
        return messages.WorkerRecord.decode(bytes(redis.hget(messages.WORKERS_KEY, "0") or b"")).load

    async def scenario() -> None:
        async with Scene(signalling) as scene:
            speaker = await scene.publish()
            scene.grant({speaker.me: may_send()})
            viewer = await scene.receive()
            watcher = await scene.receive()
            await speaker.play(0.5)
            await asyncio.to_thread(wait_until, lambda: load() == 3, 3, "three connections")
            await viewer.client.close()
            await asyncio.to_thread(wait_until, lambda: load() == 2, 3, "close_notify frees a connection")
            signalling.backend.close(speaker.who)
            await asyncio.to_thread(wait_until, lambda: load() == 1, 3, "closing frees a connection")
            await watcher.until(lambda: watcher.shown == set(), 2, "its tracks are gone")
            assert not [e for e in signalling.events if isinstance(e, EndpointClosed)], "nobody need be told"

    asyncio.run(scenario())


def test_publishing_again_replaces_and_from_another_page_takes_over(
    worker: WorkerProcess, signalling: Signalling
) -> None:
    async def scenario() -> None:
        async with Scene(signalling) as scene:
            first = await scene.publish("p_same")
            scene.grant({"p_same": may_send()})
            viewer = await scene.receive()
            await first.play(0.5)
            second = await scene.publish("p_same")
            await viewer.until(
                lambda: EndpointClosed(first.who.connection, "publish", "taken_over") in signalling.events
            )
            before = len(viewer.got("p_same", "camera"))
            scene.play(first, 1.5)
            await second.play(1.0)
            assert viewer.shown == {("p_same", "microphone"), ("p_same", "camera")}
            packets = viewer.got("p_same", "camera")[before:]
            assert len(packets) > 50
            numbers = [packet.sequence for packet in packets]
            assert {(b - a) & 0xFFFF for a, b in itertools.pairwise(numbers)} == {1}, "one publisher only"

    asyncio.run(scenario())


def test_m_lines_keep_their_place_and_are_used_again(worker: WorkerProcess, signalling: Signalling) -> None:
    async def scenario() -> None:
        async with Scene(signalling) as scene:
            scene.grant({f"p_{n}": may_send() for n in range(6)})
            viewer = await scene.receive()
            for n in range(6):
                speaker = await scene.publish(f"p_{n}")
                await speaker.play(0.3)
                await viewer.until(
                    lambda n=n: viewer.shown == {(f"p_{n}", "microphone"), (f"p_{n}", "camera")}
                )
                signalling.backend.close(speaker.who)
                await viewer.until(lambda: viewer.shown == set())
            offers = signalling.offers(viewer.who.connection)
            lines = [[line for line in o.sdp.splitlines() if line.startswith("m=")] for o in offers]
            for before, after in itertools.pairwise(lines):
                assert after[: len(before)] == before
            assert len(lines[-1]) == 2
            numbers = [offer.number for offer in offers]
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))

    asyncio.run(scenario())


def test_an_unanswered_offer_is_repeated_and_changes_wait_for_its_answer(
    worker: WorkerProcess, signalling: Signalling
) -> None:
    async def scenario() -> None:
        async with Scene(signalling) as scene:
            who = endpoint(scene.room)
            signalling.backend.subscribe(who)
            await Receiving.until(lambda: signalling.offers(who.connection))
            speaker = await scene.publish()
            scene.grant({speaker.me: may_send()})
            await speaker.play(4.0)
            sent = [e for e in signalling.events if getattr(e, "connection", None) == who.connection]
            assert len(sent) == 2
            assert sent[0] == sent[1]

    asyncio.run(scenario())


def test_a_malformed_answer_closes_and_is_told(worker: WorkerProcess, signalling: Signalling) -> None:
    who = endpoint(RoomId("r_bad"))
    signalling.backend.subscribe(who)
    wait_until(lambda: signalling.offers(who.connection), 3, "an offer")
    signalling.backend.answer(who, signalling.offers(who.connection)[-1].number, "nonsense")
    told = EndpointClosed(who.connection, "subscribe", "bad_answer")
    wait_until(lambda: told in signalling.events, 3, "it is told")
