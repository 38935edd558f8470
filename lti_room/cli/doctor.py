"""`lti-room doctor`: one line per thing an operator can get wrong. Status 1 if something is broken."""

import argparse
import json
import logging
from collections.abc import Iterable
from dataclasses import asdict

from lti_room.base.clock import SystemClock
from lti_room.base.errors import AppError
from lti_room.base.redis_client import connect
from lti_room.base.settings import Settings, load
from lti_room.cli.redis_use import redis_for
from lti_room.lti.http import GuardedHttp
from lti_room.realtime.names import SOCKET_PATH
from lti_room.usecases.administering.doctor import Doctor, Finding, Level, fail
from lti_room.wiring import registrations_of

_MARKS = {Level.OK: "ok  ", Level.WARN: "warn", Level.FAIL: "FAIL"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--json", action="store_true", help="a list of {about, level, said, advice}")


def run(arguments: argparse.Namespace) -> int:
    """Look at everything and print it."""
    logging.getLogger("lti_room").setLevel(logging.CRITICAL)
    found: list[Finding] = []
    for finding in _findings():
        found.append(finding)
        if not arguments.json:
            _print(finding)
    if arguments.json:
        print(json.dumps([asdict(finding) for finding in found], indent=1))
    return int(any(finding.level is Level.FAIL for finding in found))


def _findings() -> Iterable[Finding]:
    try:
        settings = load()
    except AppError as error:
        yield fail("settings", "one is unknown or malformed", error.message)
        return
    try:
        with redis_for(settings):
            yield from _doctor(settings).findings()
    except AppError as error:
        yield fail("start", "not everything could be looked at", error.message)


def _doctor(settings: Settings) -> Doctor:
    redis = connect(settings.effective_redis_url)
    clock = SystemClock()
    return Doctor(
        settings=settings,
        redis=redis,
        clock=clock,
        http=GuardedHttp(development=settings.development),
        registrations=registrations_of(settings, redis, clock).all(),
        socket_path=SOCKET_PATH,
    )


def _print(finding: Finding) -> None:
    print(f"{_MARKS[finding.level]}  {finding.about}: {finding.said}", flush=True)
    if finding.advice:
        print(f"      -> {finding.advice}", flush=True)
