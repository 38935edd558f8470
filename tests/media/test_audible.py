"""Five open microphones through a real worker: three voices are sent, and whoever begins to speak."""

import asyncio
import itertools

from tests.support.media import Publishing, Receiving, Scene, Signalling, WorkerProcess, may_send
from tests.support.rtc_client import play

SPEECH, SILENCE = 30, 127


def test_only_three_voices_are_sent_and_a_beginning_is_not_cut(
    worker: WorkerProcess, signalling: Signalling
) -> None:
    async def scenario() -> None:
        async with Scene(signalling) as scene:
            people = [await scene.publish() for _ in range(5)]
            scene.grant({person.me: may_send() for person in people})
            for person in people:
                person.microphone.level = SILENCE
            viewer = await scene.receive()
            tasks = [asyncio.create_task(play(p.client, [p.microphone], 30.0)) for p in people]
            try:
                await viewer.until(lambda: len(viewer.shown) == 5, 8.0, "all are offered")
                await _check(people, viewer)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(scenario())


async def _check(people: list[Publishing], viewer: Receiving) -> None:
    def newly(before: dict[str, int]) -> set[str]:
        return {p.me for p in people if len(viewer.got(p.me, "microphone")) > before[p.me] + 3}

    def counts() -> dict[str, int]:
        return {p.me: len(viewer.got(p.me, "microphone")) for p in people}

    speakers, silent = people[:3], people[3]
    for person in speakers:
        person.microphone.level = SPEECH
    await asyncio.sleep(0.4)
    before = counts()
    await viewer.until(lambda: len(newly(before)) >= 3, 5.0, "voices arrive")
    await asyncio.sleep(0.4)
    assert newly(before) == {p.me for p in speakers}

    speakers[0].microphone.level = SILENCE
    await asyncio.sleep(1.5)
    before = counts()
    silent.microphone.level, silent.microphone.mark = SPEECH, b"begins"
    first = silent.microphone.sequence
    await viewer.until(
        lambda: len(viewer.got(silent.me, "microphone")) > before[silent.me] + 20, 5.0, "heard"
    )
    heard = [p for p in viewer.got(silent.me, "microphone") if p.payload.endswith(b"begins")]
    marked = silent.microphone.sequence - first
    assert len(heard) >= marked - 3, "from its first packet on"
    numbers = [packet.sequence for packet in viewer.got(silent.me, "microphone")]
    assert {(b - a) & 0xFFFF for a, b in itertools.pairwise(numbers)} == {1}, "no hole after the silence"
    before = counts()
    await asyncio.sleep(0.4)
    assert newly(before) == {silent.me, speakers[1].me, speakers[2].me}
