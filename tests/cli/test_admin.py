"""`lti-room admin`, `doctor` and `privacy`, over the same Redis a running lti-room uses."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from lti_room.base.clock import SystemClock
from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings
from lti_room.usecases.administering.admin_entry import AdminEntry
from lti_room.usecases.administering.audit import Audit
from lti_room.usecases.people import People, Person, participant_id
from tests.cli.conftest import Run
from tests.support.stack import Stack


@pytest.fixture
def school(redis: Redis) -> str:
    """The id of an emulated platform, with Noah known in it."""
    registration = "0123456789abcdef"
    noah = participant_id(registration, "noah")
    People(redis).remember(registration, noah, Person("Noah Kim", "noah@school.example", None, "noah"))
    return registration


def test_the_link_signs_in_once_under_a_name(run: Run, redis: Redis, redis_settings: Settings) -> None:
    status, printed, _ = run("admin", "--name", "anna")
    assert status == 0
    found = re.search(r"^(http://\S+)/admin/enter#([\w-]{43})$", printed, re.MULTILINE)
    assert found
    clock = SystemClock()
    entry = AdminEntry(redis, clock, redis_settings, Audit(redis, clock, redis_settings))
    assert entry.sign_in(found[2], "127.0.0.1").by == "anna"


@pytest.mark.parametrize("who", [("--user", "noah"), ("--email", "noah@school.example")])
def test_a_persons_data_is_exported_and_erased(
    run: Run, redis: Redis, school: str, who: tuple[str, str]
) -> None:
    status, printed, _ = run("privacy", "export", school, *who)
    assert status == 0
    assert json.loads(printed)["person"]["name"] == "Noah Kim"
    status, printed, _ = run("privacy", "erase", school, *who, "--yes")
    assert (status, "Erased: 1 person" in printed) == (0, True)
    assert "What stays, and why" in printed
    assert People(redis).person(school, participant_id(school, "noah")) is None


def test_nothing_is_erased_without_being_sure(run: Run, redis: Redis, school: str) -> None:
    status, printed, _ = run("privacy", "erase", school, "--user", "noah")
    assert (status, "Nothing was erased" in printed) == (1, True)
    assert People(redis).person(school, participant_id(school, "noah"))


def test_erasing_again_says_that_nothing_is_left(run: Run, school: str, redis: Redis) -> None:
    other = participant_id(school, "emma")
    People(redis).remember(school, other, Person("Emma", None, None, "emma"))
    assert run("privacy", "erase", school, "--user", "noah", "--yes")[0] == 0
    status, printed, _ = run("privacy", "erase", school, "--user", "noah", "--yes")
    assert (status, "Nothing is kept" in printed) == (0, True)


@pytest.mark.parametrize("words", [("ffffffffffffffff", "--user", "noah"), ("@", "--email", "x@y.example")])
def test_a_platform_or_a_person_nobody_knows(run: Run, school: str, words: tuple[str, ...]) -> None:
    registration = school if words[0] == "@" else words[0]
    status, _, error = run("privacy", "export", registration, *words[1:])
    assert (status, "Traceback" in error, bool(error)) == (1, False, True)


def doctor(environment: dict[str, str]) -> tuple[int, dict[str, list[dict[str, str]]]]:
    """What the doctor finds, by what it is about."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LTI_ROOM_")}
    done = subprocess.run(
        [sys.executable, "-m", "lti_room", "doctor", "--json"],
        env={**clean, **environment},
        capture_output=True,
        check=False,
        timeout=60,
    )
    found: dict[str, list[dict[str, str]]] = {}
    for finding in json.loads(done.stdout):
        found.setdefault(finding["about"], []).append(finding)
    return done.returncode, found


def test_the_doctor_finds_a_running_installation_well(tmp_path: Path) -> None:
    with Stack(tmp_path, media=1, devlms=True) as stack:
        (tmp_path / "data").chmod(0o700)
        status, found = doctor(stack.environment)
        assert requests.get(f"{stack.url}/health/address", timeout=5).json()["scheme"] == "http"
    levels = {about: {one["level"] for one in lines} for about, lines in found.items()}
    assert status == 0, found
    for about in ("settings", "data folder", "Redis", "Redis persistence", "tool keys", "web processes"):
        assert levels[about] == {"ok"}, found[about]
    for about in ("media workers", "media port", "media address", "public address", "websocket", "proxy"):
        assert levels[about] == {"ok"}, found[about]
    platforms = [lines for about, lines in found.items() if "(" in about]
    assert len(platforms) == 3
    assert all("usable key" in str(lines) for lines in platforms)


def test_the_doctor_says_what_is_wrong_and_what_to_do(tmp_path: Path) -> None:
    with Stack(tmp_path, media=1) as stack:
        (tmp_path / "data").chmod(0o755)
        changed = {"LTI_ROOM_PUBLIC_URL": "http://127.0.0.1:9", "LTI_ROOM_WEB_WORKERS": "2"}
        status, found = doctor({**stack.environment, **changed})
    assert status == 1
    failed = {about for about, lines in found.items() for one in lines if one["level"] == "fail"}
    assert {"data folder", "public address", "web processes"} <= failed
    assert all(one["advice"] for lines in found.values() for one in lines if one["level"] != "ok")


def test_a_setting_nobody_knows_is_a_finding_too(tmp_path: Path) -> None:
    status, found = doctor({"LTI_ROOM_PUBLIK_URL": "x", "LTI_ROOM_DATA": str(tmp_path)})
    assert status == 1
    assert "LTI_ROOM_PUBLIK_URL" in found["settings"][0]["advice"]
