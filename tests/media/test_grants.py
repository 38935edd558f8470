"""Grants hold against clients that do what they like. Each client here is a rogue: it never stops sending."""

import asyncio
import itertools
import time

import pytest

from lti_room.base.redis_client import Redis
from lti_room.media.backend import EndpointClosed, GrantRow, MediaSource
from tests.support.media import (
    MICROPHONE_AND_CAMERA,
    Receiving,
    Scene,
    Signalling,
    WorkerProcess,
    may_send,
    table,
)

LATEST = 0.25
"""Seconds after the new table within which the last packet may arrive; the promise is 1 s."""


async def _last_arrivals(scene: Scene, viewer: Receiving, rows: dict[str, GrantRow]) -> tuple[float, float]:
    """Apply a table while packets flow; return how long after it the last and the newest packet came."""
    before = viewer.total()
    await viewer.until(lambda: viewer.total() > before + 20)
    applied = time.monotonic()
    await asyncio.to_thread(scene.grant, rows)
    await asyncio.sleep(1.5)
    return applied, max(entry.last for entry in viewer.client.received.values())


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(GrantRow(), id="grants-taken"),
        pytest.param(GrantRow(receive=False), id="removed-from-room"),
        pytest.param(may_send(off=MICROPHONE_AND_CAMERA), id="switched-off"),
    ],
)
def test_a_publisher_who_goes_on_sending_is_heard_no_more(
    worker: WorkerProcess, signalling: Signalling, row: GrantRow
) -> None:
    async def scenario() -> None:
        async with Scene(signalling) as scene:
            rogue = await scene.publish()
            scene.grant({rogue.me: may_send()})
            viewer = await scene.receive()
            scene.play(rogue, 4.0)
            applied, last = await _last_arrivals(scene, viewer, {rogue.me: row})
            assert last - applied < LATEST
            assert rogue.client.sent_at - applied > 1.0, "it did go on sending"

    asyncio.run(scenario())


def test_one_source_switched_off_leaves_the_other(worker: WorkerProcess, signalling: Signalling) -> None:
    async def scenario() -> None:
        async with Scene(signalling) as scene:
            rogue = await scene.publish()
            scene.grant({rogue.me: may_send()})
            viewer = await scene.receive()
            playing = scene.play(rogue, 3.0)
            await viewer.until(lambda: len(viewer.got(rogue.me, "microphone")) > 20)
            await asyncio.to_thread(
                scene.grant, {rogue.me: may_send(off=frozenset({MediaSource.MICROPHONE}))}
            )
            await asyncio.sleep(LATEST)
            silent, seen = (len(viewer.got(rogue.me, s)) for s in ("microphone", "camera"))
            await asyncio.sleep(1.0)
            assert len(viewer.got(rogue.me, "microphone")) == silent
            assert len(viewer.got(rogue.me, "camera")) > seen + 100
            await playing

    asyncio.run(scenario())


def test_after_switching_on_again_the_stream_goes_on_without_a_hole(
    worker: WorkerProcess, signalling: Signalling
) -> None:
    async def scenario() -> None:
        async with Scene(signalling) as scene:
            speaker = await scene.publish()
            scene.grant({speaker.me: may_send()})
            viewer = await scene.receive()
            playing = scene.play(speaker, 4.0)
            await viewer.until(lambda: len(viewer.got(speaker.me, "camera")) > 50)
            await asyncio.to_thread(scene.grant, {speaker.me: may_send(off=MICROPHONE_AND_CAMERA)})
            await asyncio.sleep(1.0)
            paused = len(viewer.got(speaker.me, "camera"))
            await asyncio.to_thread(scene.grant, {speaker.me: may_send()})
            await playing
            for source in ("microphone", "camera"):
                numbers = [packet.sequence for packet in viewer.got(speaker.me, source)]
                assert {(b - a) & 0xFFFF for a, b in itertools.pairwise(numbers)} == {1}
            resumed = viewer.got(speaker.me, "camera")[paused].payload
            assert resumed[0] & 0x10
            assert not resumed[4] & 0x01, "the picture comes back with a keyframe"

    asyncio.run(scenario())


def test_who_was_never_granted_is_neither_announced_nor_forwarded(
    worker: WorkerProcess, signalling: Signalling
) -> None:
    async def scenario() -> None:
        async with Scene(signalling) as scene:
            viewer = await scene.receive()
            rogue = await scene.publish()
            await rogue.play(1.0)
            assert viewer.total() == 0
            assert viewer.shown == set()
            scene.grant({rogue.me: may_send()})
            await rogue.play(1.0)
            assert viewer.shown == {(rogue.me, "microphone"), (rogue.me, "camera")}
            assert viewer.total() > 50

    asyncio.run(scenario())


def test_a_source_that_was_not_granted_is_dropped_beside_one_that_was(
    worker: WorkerProcess, signalling: Signalling
) -> None:
    async def scenario() -> None:
        async with Scene(signalling) as scene:
            rogue = await scene.publish()
            scene.grant({rogue.me: may_send(MediaSource.MICROPHONE)})
            viewer = await scene.receive()
            await rogue.play(1.0)
            assert viewer.shown == {(rogue.me, "microphone")}
            assert {p.payload_type for e in viewer.client.received.values() for p in e.packets} == {111}

    asyncio.run(scenario())


def test_an_older_table_changes_nothing(worker: WorkerProcess, signalling: Signalling, redis: Redis) -> None:
    async def scenario() -> None:
        async with Scene(signalling) as scene:
            speaker = await scene.publish()
            backend = signalling.backend
            backend.grant(table(scene.room, 7, {}))
            backend.grant(table(scene.room, 6, {speaker.me: may_send()}))
            viewer = await scene.receive()
            await speaker.play(1.0)
            assert viewer.total() == 0
            backend.grant(table(scene.room, 8, {speaker.me: may_send()}))
            await speaker.play(1.0)
            assert viewer.total() > 50

    asyncio.run(scenario())


def test_a_removed_persons_reception_ends_and_is_told(worker: WorkerProcess, signalling: Signalling) -> None:
    async def scenario() -> None:
        async with Scene(signalling) as scene:
            speaker = await scene.publish()
            scene.grant({speaker.me: may_send()})
            viewer = await scene.receive()
            me = viewer.who.participant
            playing = scene.play(speaker, 3.5)
            applied, last = await _last_arrivals(
                scene, viewer, {speaker.me: may_send(), me: GrantRow(receive=False)}
            )
            assert last - applied < LATEST
            assert EndpointClosed(viewer.who.connection, "subscribe", "removed") in signalling.events
            signalling.backend.subscribe(viewer.who)
            closed = [e for e in signalling.events if isinstance(e, EndpointClosed)]
            await viewer.until(
                lambda: len([e for e in signalling.events if isinstance(e, EndpointClosed)]) > len(closed)
            )
            await playing

    asyncio.run(scenario())
