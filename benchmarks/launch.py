"""Launches against the running program: what one costs, and whether a whole school may come at once.

Real HTTP to a real `lti-room web` on gevent with a Redis of its own and the default rate limits. The client
signs every message (RSA 2048) and comes from 20 loopback addresses.

Targets: a login and a launch together at most 5 ms of the web process's CPU; 150 launches a second for 30 s
on two cores, client included, without an error and with a 99th percentile under 250 ms; the platform's key
set fetched at most once in 30 s; a platform that hangs, drips or sends 2 GB costs a launch at most 5 s and
launches from elsewhere nothing. The peer is `pylti1p3` on Flask as its documentation has it, with its key
cache switched on, served by gevent too; it verifies a launch and stops there, where ours finds the room.

python -m benchmarks launch [--seconds 30] [--rate 150]
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.launch_browsers import Door, Launched, arrive, one_after_another
from benchmarks.partner import Partner
from benchmarks.process import cpu_seconds, share_of, waited_seconds
from lti_room.base.clock import SystemClock
from lti_room.base.redis_client import Redis
from tests.support.platform import Mood, UnrulyPlatform, running
from tests.support.stack import Stack

CPU_TARGET_MS: Final = 5.0
P99_TARGET_MS: Final = 250.0
TROUBLE_TARGET_S: Final = 5.0
COUNTED: Final = 400
WARM_UP: Final = 40
IDLE_SECONDS: Final = 3.0
_TEXTS: Final = ("name", "platform", "issuer", "client_id", "auth_login_url", "auth_token_url", "jwks_url")


def main(arguments: Sequence[str] = ()) -> None:
    """Measure, and print one table for each question."""
    parser = argparse.ArgumentParser(prog="benchmarks launch")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--rate", type=float, default=150)
    asked = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory() as folder,
        _platforms() as (well, ill),
        _program(folder, well, ill) as stack,
    ):
        _cost(stack, well)
        _crowd(stack, well, asked.rate, asked.seconds)
        _trouble(stack, well, ill)


@contextmanager
def _platforms() -> Iterator[tuple[UnrulyPlatform, UnrulyPlatform]]:
    clock = SystemClock()
    with (
        running(UnrulyPlatform(clock)) as well,
        running(UnrulyPlatform(clock, "moodle", key="second")) as ill,
    ):
        yield well, ill


@contextmanager
def _program(folder: str, *platforms: UnrulyPlatform) -> Iterator[Stack]:
    file = Path(folder) / "registrations.toml"
    file.write_text("\n".join(_entry(one) for one in platforms))
    with Stack(Path(folder) / "stack", settings={"LTI_ROOM_REGISTRATIONS": str(file)}) as stack:
        share_of(int(stack.redis().info("server")["process_id"]))
        yield stack


def _entry(platform: UnrulyPlatform) -> str:
    entry = platform.registration()
    lines = [f'{name} = "{entry[name]}"' for name in _TEXTS]
    return "\n".join(["[[registration]]", *lines, f'deployments = ["{platform.deployment}"]'])


def _door(stack: Stack) -> Door:
    return Door(stack.url, "/lti/login", "/lti/launch", "/lti/launch", 303)


def _cost(stack: Stack, platform: UnrulyPlatform) -> None:
    """What a login and a launch cost, one at a time, beside the peer."""
    redis = stack.redis()
    asyncio.run(one_after_another(_door(stack), platform, WARM_UP))
    idle = _idle_share(stack.webs[0].pid)
    asked, before, began = _commands(redis), cpu_seconds(stack.webs[0].pid), time.monotonic()
    ours = asyncio.run(one_after_another(_door(stack), platform, COUNTED))
    spent = cpu_seconds(stack.webs[0].pid) - before - idle * (time.monotonic() - began)
    own = spent / COUNTED * 1000
    commands = (_commands(redis) - asked) / COUNTED
    fetches = platform.key_fetches
    with Partner(
        "benchmarks.launch_peer", stack.settings.effective_redis_url, *_peer_arguments(platform)
    ) as peer:
        door = Door(f"http://127.0.0.1:{peer.line().strip()}", "/login", "/launch", "/launch", 200)
        asyncio.run(one_after_another(door, platform, WARM_UP))
        before = cpu_seconds(peer.pid)
        theirs = asyncio.run(one_after_another(door, platform, COUNTED))
        other = (cpu_seconds(peer.pid) - before) / COUNTED * 1000
    print("| a login and a launch, one at a time | CPU ms | Redis commands | login ms | launch ms |")
    print("|---|---|---|---|---|")
    print(f"| lti-room, into a room | {own:.2f} | {commands:.1f} | {_middle(ours)} |")
    print(f"| pylti1p3 on Flask, verified only | {other:.2f} | | {_middle(theirs)} |")
    print(f"| ratio | {own / other:.2f} | | | |")
    print(f"\nidle: {idle:.1%} of a core, not counted")
    print(f"CPU <= {CPU_TARGET_MS} ms: {_met(own <= CPU_TARGET_MS)}; key set fetched {fetches} time(s)\n")


def _crowd(stack: Stack, platform: UnrulyPlatform, rate: float, seconds: float) -> None:
    """Launches at a fixed rate, whether the earlier ones are through or not."""
    web, fetches = stack.webs[0].pid, platform.key_fetches
    before, waited, began = cpu_seconds(web), waited_seconds(web), time.monotonic()
    done = asyncio.run(arrive(_door(stack), platform, rate, seconds))
    took = time.monotonic() - began
    cpu, waiting = cpu_seconds(web) - before, waited_seconds(web) - waited
    failed = [one for one in done if one.error]
    both = _percentiles([one.login + one.launch for one in done])
    print(f"| {rate:.0f} launches/s for {seconds:.0f} s | |")
    print("|---|---|")
    print(f"| launched | {len(done) - len(failed)} of {len(done)} in {took:.1f} s |")
    print(f"| errors | {len(failed)} {sorted({one.error for one in failed})} |")
    for name, values in (
        ("login", _percentiles([one.login for one in done])),
        ("launch", _percentiles([one.launch for one in done])),
        ("both", both),
    ):
        print(f"| {name} ms: 50 %, 95 %, 99 %, most | {', '.join(f'{value:.0f}' for value in values)} |")
    print(f"| web process | {cpu / took:.0%} of a core, {cpu / len(done) * 1000:.2f} ms each |")
    print(f"| web process ready, but others had the cores | {waiting / took:.0%} of the time |")
    print(f"| key set fetched | {platform.key_fetches - fetches} |")
    good = not failed and both[2] < P99_TARGET_MS
    print(f"\nno error and 99 % < {P99_TARGET_MS:.0f} ms: {_met(good)}\n")


def _trouble(stack: Stack, well: UnrulyPlatform, ill: UnrulyPlatform) -> None:
    """A platform that misbehaves, and what launches from another one feel of it."""
    redis = stack.redis()
    print("| a platform that | its launches: most s | launches elsewhere meanwhile: 50 %, most ms |")
    print("|---|---|---|")
    good = True
    for mood, says in ((Mood.HANG, "hangs"), (Mood.DRIP, "drips"), (Mood.HUGE, "sends 2 GB")):
        redis.delete("nothing", *redis.scan_iter("jwks-failed:*"))
        ill.mood, ill.bytes_sent = mood, 0
        own, others = asyncio.run(_side_by_side(stack, well, ill))
        ill.mood = Mood.WELL
        slowest = max(one.launch for one in own) / 1000
        elsewhere = _percentiles([one.launch for one in others])
        good = good and slowest <= TROUBLE_TARGET_S + 0.5 and not any(one.error for one in others)
        print(f"| {says} | {slowest:.2f} | {elsewhere[0]:.0f}, {elsewhere[3]:.0f} |")
    print(f"\nat most {TROUBLE_TARGET_S:.0f} s, nothing elsewhere: {_met(good)}")


async def _side_by_side(
    stack: Stack, well: UnrulyPlatform, ill: UnrulyPlatform
) -> tuple[list[Launched], list[Launched]]:
    own = asyncio.create_task(arrive(_door(stack), ill, 40, 0.5))
    others = await arrive(_door(stack), well, 40, 4)
    return await own, others


def _idle_share(pid: int) -> float:
    """Return what the process uses of a core while nobody launches."""
    before, began = cpu_seconds(pid), time.monotonic()
    time.sleep(IDLE_SECONDS)
    return (cpu_seconds(pid) - before) / (time.monotonic() - began)


def _commands(redis: Redis) -> int:
    return int(redis.info("stats")["total_commands_processed"])


def _peer_arguments(platform: UnrulyPlatform) -> list[str]:
    entry = platform.registration()
    return [
        entry["issuer"],
        entry["client_id"],
        platform.deployment,
        entry["auth_login_url"],
        entry["jwks_url"],
    ]


def _middle(done: list[Launched]) -> str:
    assert not [one.error for one in done if one.error], done[0].error
    logins, launches = _percentiles([one.login for one in done]), _percentiles([one.launch for one in done])
    return f"{logins[0]:.1f} | {launches[0]:.1f}"


def _percentiles(values: Sequence[float]) -> tuple[float, float, float, float]:
    """Return the 50th, 95th, 99th percentile and the largest."""
    ordered = sorted(values)
    at = [ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.5, 0.95, 0.99)]
    return at[0], at[1], at[2], ordered[-1]


def _met(good: bool) -> str:
    return "met" if good else "MISSED"


if __name__ == "__main__":
    main()
