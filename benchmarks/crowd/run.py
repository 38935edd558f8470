"""How many people one worker serves on this machine, and where it breaks.

    python -m benchmarks crowd [--scene stage|lecture] [--viewers 100,200,300] [--seconds 60]

All clients are real (ICE, DTLS, SRTP) and share the machine with the worker: those who publish are one
process, those who watch another. Sound is judged by the kernel's arrival times; how late it was sent is
printed beside.
"""

import argparse
import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import uvloop

from benchmarks.crowd.counting import GAP_SECONDS, LONGEST_GAP_SECONDS, delivered, worst
from benchmarks.crowd.parts import Senders, a_worker
from benchmarks.crowd.post import Post
from benchmarks.crowd.sources import LAYERS, VOICE_SECONDS
from benchmarks.crowd.viewers import Audience
from benchmarks.process import ahead_of_others, cpu_seconds, dropped_datagrams, waited_seconds
from lti_room.base.ids import ConnectionId, ParticipantId, RoomId
from lti_room.media.backend import Endpoint, GrantTable, MediaError, MediaSource, View
from lti_room.media.sfu.transport.dtls import new_certificate
from tests.support.media import WorkerProcess, may_send

SECONDS: Final = 20.0
DELIVERED: Final = 0.995
IN_TIME: Final = 0.999
AS_ASKED: Final = 0.95
"""Of the packets a second that the encodings asked for have: less means that the server chose a lower one."""
SETTLING_SECONDS: Final = 25
_STEADY_SECONDS: Final = 5
_GROWING: Final = 1.02
_ROOM: Final = RoomId("r_crowd")


@dataclass(frozen=True)
class Scene:
    """Who publishes what. Those on stage watch, too."""

    title: str
    on_stage: int
    rids: str
    speaking: int
    viewers: int
    height: int
    layer: str

    def packets_for(self, who: str) -> float:
        """Packets a second of somebody who gets all that there is: the others' cameras and voices."""
        cameras = sum(each != who for each in self.stage)
        voices = sum(each != who for each in self.stage[: self.speaking])
        profile = LAYERS[self.layer]
        return cameras * profile.rate * profile.packets + voices / VOICE_SECONDS

    @property
    def view(self) -> View:
        """What everybody's page shows: all cameras, so many device pixels high."""
        return View({(ParticipantId(who), MediaSource.CAMERA): self.height for who in self.stage})

    @property
    def stage(self) -> list[str]:
        """The participants who publish."""
        return [f"p_stage{n}" for n in range(self.on_stage)]


SCENES: Final = {
    "stage": Scene("25 on stage, three of them speak, thumbnails at 15/s", 25, "l,m,h", 3, 50, 180, "l"),
    "lecture": Scene("1 lecturer with 720p simulcast in three layers", 1, "l,m,h", 1, 300, 720, "h"),
}


@dataclass(frozen=True)
class Outcome:
    """What one crowd got."""

    viewers: int
    subscribers: int
    packets: float
    came: float
    worst_came: float
    in_time: float
    worst_in_time: float
    longest: float
    sent_in_time: float
    sent_longest: float
    worker: float
    worker_waited: float
    clients: float
    dropped: int
    latest_turn: float
    closed: int
    as_asked: int

    @property
    def ok(self) -> bool:
        """Whether every subscriber got what the goals say."""
        return (
            not self.closed
            and self.as_asked == self.subscribers
            and self.worst_came >= DELIVERED
            and self.worst_in_time >= IN_TIME
            and self.longest <= LONGEST_GAP_SECONDS
        )


def main(arguments: list[str] | None = None) -> None:
    """Fill the scenes with more and more viewers; print a table for each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks crowd")
    parser.add_argument("--scene", choices=list(SCENES), action="append")
    parser.add_argument("--viewers", help="how many, comma separated: stops at the first that breaks")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    asked = parser.parse_args(arguments)
    for name in asked.scene or SCENES:
        scene = SCENES[name]
        print(f"{scene.title}; {asked.seconds:.0f} s")
        _print_head()
        for viewers in map(int, asked.viewers.split(",")) if asked.viewers else (scene.viewers,):
            try:
                outcome = measure(scene, viewers, asked.seconds)
            except (MediaError, TimeoutError, ConnectionError) as error:
                print(f"{viewers:>7}  could not all join: {error!r}; load average {os.getloadavg()[0]:.1f}")
                break
            _print(outcome)
            if not outcome.ok:
                break
        print()


def measure(scene: Scene, viewers: int, seconds: float) -> Outcome:
    """Run one crowd of its own worker."""
    with a_worker() as (worker, redis_url), ahead_of_others():
        return uvloop.run(_crowd(redis_url, scene, viewers, seconds, worker))


async def _crowd(
    redis_url: str, scene: Scene, viewers: int, seconds: float, worker: WorkerProcess
) -> Outcome:
    post = Post(redis_url, "w_audience")
    rows = {ParticipantId(who): may_send() for who in scene.stage}
    post.backend.grant(GrantTable(_ROOM, 1, rows))
    audience = Audience(post, new_certificate())
    with Senders(redis_url, _ROOM, scene.stage, scene.rids, scene.speaking) as senders:
        try:
            await asyncio.to_thread(senders.wait_ready)
            speaking = frozenset(scene.stage[: scene.speaking])
            await audience.join(_pages(scene, viewers), speaking, scene.view)
            await _settle(audience)
            return await _measured(audience, senders, worker, scene, viewers, seconds)
        finally:
            await audience.close()
            post.close()


def _pages(scene: Scene, viewers: int) -> list[Endpoint]:
    others = scene.stage if scene.on_stage > 1 else []  # who is alone on stage sees nobody
    people = [*others, *(f"p_viewer{n}" for n in range(viewers))]
    return [Endpoint(_ROOM, ParticipantId(who), ConnectionId(f"c_watch_{who}")) for who in people]


async def _settle(audience: Audience) -> None:
    """Wait until what flows no longer grows: a server that adapts tries its way upwards."""
    most, steady = 0, 0
    for _ in range(SETTLING_SECONDS):
        before = audience.packets
        await asyncio.sleep(1)
        now = audience.packets - before
        steady = steady + 1 if now <= most * _GROWING else 0
        most = max(most, now)
        if steady >= _STEADY_SECONDS:
            return


async def _measured(
    audience: Audience,
    senders: Senders,
    worker: WorkerProcess,
    scene: Scene,
    viewers: int,
    seconds: float,
) -> Outcome:
    await asyncio.to_thread(senders.report)
    pids = (worker.pid, os.getpid(), senders.pid)
    audience.begin()
    dropped, cpu, began = dropped_datagrams(), [cpu_seconds(pid) for pid in pids], time.monotonic()
    waited = waited_seconds(worker.pid)
    await asyncio.sleep(seconds)
    took = time.monotonic() - began
    audience.finish(took)
    spent = [(cpu_seconds(pid) - before) / took for pid, before in zip(pids, cpu, strict=True)]
    sent = await asyncio.to_thread(senders.report)
    counts = [delivered(viewer.flows.values()) for viewer in audience.viewers]
    watching = [viewer for viewer in audience.viewers if viewer.voices]
    within = [viewer.gaps.share_within(GAP_SECONDS) for viewer in watching]
    return Outcome(
        viewers=viewers,
        subscribers=len(audience.viewers),
        packets=audience.packets / took,
        came=sum(came for came, _ in counts) / max(1, sum(expected for _, expected in counts)),
        worst_came=worst([came / expected if expected else 0.0 for came, expected in counts]),
        in_time=_mean(within),
        worst_in_time=worst(within),
        longest=max((viewer.gaps.longest for viewer in watching), default=0.0),
        sent_in_time=sent["within"],
        sent_longest=sent["longest"],
        worker=spent[0],
        worker_waited=(waited_seconds(worker.pid) - waited) / took,
        clients=spent[1] + spent[2],
        dropped=dropped_datagrams() - dropped,
        latest_turn=audience.latest_turn,
        closed=sum(bool(viewer.closed) for viewer in audience.viewers),
        as_asked=sum(
            came / took >= AS_ASKED * scene.packets_for(viewer.who.participant)
            for viewer, (came, _) in zip(audience.viewers, counts, strict=True)
        ),
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / max(1, len(values))


def _print_head() -> None:
    goals = f"goals for every subscriber: {DELIVERED:.1%} of packets, {IN_TIME:.1%} of sound gaps <= 60 ms, "
    print(f"{goals}longest <= 250 ms")
    print(
        f"{'viewers':>7}{'packets/s':>11}{'came: all':>11}{'worst':>9}{'<= 60 ms: all':>15}{'worst':>9}"
        f"{'longest':>10}{'as sent':>18}{'worker':>8}{'clients':>9}{'':>8}"
    )


def _print(got: Outcome) -> None:
    sent = f"{got.sent_in_time:.2%}, {got.sent_longest * 1000:.0f} ms"
    print(
        f"{got.viewers:>7}{got.packets:>11,.0f}{got.came:>11.2%}{got.worst_came:>9.2%}{got.in_time:>15.2%}"
        f"{got.worst_in_time:>9.2%}{got.longest * 1000:>7.0f} ms{sent:>18}"
        f"{got.worker:>8.0%}{got.clients:>9.0%}  {'ok' if got.ok else 'MISSED'}"
    )
    print(f"        {got.as_asked} of {got.subscribers} subscribers get all that they ask for")
    print(
        f"        the worker waited for a core {got.worker_waited:.0%} of the time; sockets were read at most"
        f" {got.latest_turn * 1000:.0f} ms late, {got.dropped} datagrams overflowed one;"
        f" load average {os.getloadavg()[0]:.1f}"
    )
    if got.closed:
        print(f"        {got.closed} connections were closed by the server")


if __name__ == "__main__":
    main()
