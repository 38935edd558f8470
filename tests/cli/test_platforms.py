"""`lti-room platforms` and `lti-room keys`, over the same Redis a running lti-room uses."""

import subprocess
import sys
from pathlib import Path

import pytest

from lti_room.base.clock import SystemClock
from lti_room.base.redis_client import Redis
from lti_room.lti.registrations.registration import RegistrationStatus, registration_id
from lti_room.lti.registrations.stored import Registrations
from tests.cli.conftest import Run
from tests.support.platform import Mood, UnrulyPlatform, running

MOODLE = ["--url", "https://moodle.example", "--client-id", "abc123"]
ID = registration_id("https://moodle.example", "abc123")


@pytest.fixture
def store(redis: Redis) -> Registrations:
    """The registrations as a running web process reads them."""
    return Registrations(redis, SystemClock(), development=True)


def test_three_addresses_follow_from_one(run: Run, store: Registrations) -> None:
    assert run("platforms", "add", "moodle", *MOODLE, "--deployment", "3")[0] == 0
    found = store.find(ID)
    assert found is not None
    assert found.auth_login_url == "https://moodle.example/mod/lti/auth.php"
    assert found.auth_token_url == "https://moodle.example/mod/lti/token.php"
    assert found.jwks_url == "https://moodle.example/mod/lti/certs.php"
    assert (found.name, found.deployments) == ("Moodle moodle.example", {"3"})


def test_a_hosted_canvas_school_shares_issuer_and_addresses(run: Run, store: Registrations) -> None:
    run(
        "platforms", "add", "canvas", "--url", "https://school.instructure.com", "--client-id", "100",
        "--approve-first-deployment",
    )  # fmt: skip
    [found] = store.of_issuer("https://canvas.instructure.com")
    assert found.jwks_url == "https://sso.canvaslms.com/api/lti/security/jwks"
    assert found.frame_origins == ("https://school.instructure.com",)
    assert found.approve_first_deployment


def test_a_known_platform_is_not_overwritten(run: Run, store: Registrations) -> None:
    run("platforms", "add", "moodle", *MOODLE)
    status, _, error = run("platforms", "add", "moodle", *MOODLE, "--jwks-url", "https://evil.example/jwks")
    assert (status, error.count("\n")) == (1, 1)
    assert "registered already" in error
    found = store.find(ID)
    assert found is not None
    assert found.jwks_url == "https://moodle.example/mod/lti/certs.php"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add", "sakai", "--url", "https://sakai.example", "--client-id", "1"], "--token-url is missing"),
        (["add", "moodle", "--url", "moodle.example", "--client-id", "1"], "must be a web address"),
        (["add", "moodle", "--url", "http://moodle.example", "--client-id", "1"], "must start with https://"),
        (["approve", "abc"], "lti-room platforms list shows the ids"),
        (["deployments", "ffffffff"], "lti-room platforms list shows the ids"),
        (["revoke", "ffffffffffff"], "used or is too old"),
    ],
)
def test_an_error_is_one_sentence(run: Run, words: list[str], said: str) -> None:
    status, printed, error = run("platforms", *words)
    assert (status, printed, error.count("\n")) == (1, "", 1)
    assert said in error


def test_switching_off_holds_for_the_next_request(run: Run, store: Registrations) -> None:
    run("platforms", "add", "moodle", *MOODLE)
    for action, status in (
        ("disable", RegistrationStatus.DISABLED),
        ("enable", RegistrationStatus.ACTIVE),
    ):
        run("platforms", action, ID[:6])
        found = store.find(ID)
        assert found is not None
        assert found.status is status
    assert run("platforms", "remove", ID)[0] == 0
    assert store.find(ID) is None
    history = run("platforms", "history")[1]
    assert [line.split()[4] for line in history.splitlines()] == [
        "registration_removed",
        "registration_enabled",
        "registration_disabled",
        "registration_added",
    ]


def test_a_waiting_deployment_is_listed_and_approved(run: Run, store: Registrations) -> None:
    run("platforms", "add", "moodle", *MOODLE)
    store.note_deployment(ID, "3", "Biology 101")
    assert "1 deployment waits for approval" in run("platforms", "list")[1]
    assert "Biology 101" in run("platforms", "deployments", ID)[1]
    assert "approved  3" in run("platforms", "deployments", ID, "--approve", "3")[1]
    found = store.find(ID)
    assert found is not None
    assert store.is_deployment_known(found, "3")


def test_a_platform_of_the_file_is_read_only(run: Run) -> None:
    listed = run("platforms", "list")[1]
    emulated = next(line.split()[0] for line in listed.splitlines() if "Emulated Canvas" in line)
    status, _, error = run("platforms", "disable", emulated)
    assert (status, error.count("\n")) == (1, 1)
    assert "LTI_ROOM_REGISTRATIONS" in error


def test_check_says_what_is_wrong(run: Run, redis: Redis) -> None:
    with running(UnrulyPlatform(SystemClock(), "moodle")) as lms:
        urls = lms.registration()
        run(
            "platforms", "add", "other", "--issuer", lms.issuer, "--client-id", "1", "--name", "Example",
            "--login-url", urls["auth_login_url"], "--token-url", urls["auth_token_url"],
            "--jwks-url", urls["jwks_url"],
        )  # fmt: skip
        mine = registration_id(lms.issuer, "1")
        status, printed, _ = run("platforms", "check", mine)
        assert (status, "1 usable key" in printed) == (0, True)
        lms.mood = Mood.HTML
        status, printed, _ = run("platforms", "check", mine)
        assert (status, "FAIL" in printed, "SECRET" in printed) == (1, True, False)
    status, printed, _ = run("platforms", "check", mine)
    assert status == 1
    assert "cannot be fetched" in printed


def test_an_invitation_is_shown_once(run: Run) -> None:
    address = run("platforms", "invite", "--name", "Example school")[1].splitlines()[0]
    assert address.startswith("http://127.0.0.1:8000/lti/register?invitation=")
    listed = run("platforms", "list")[1]
    assert address.rpartition("=")[2] not in listed
    open_one = next(line for line in listed.splitlines() if line.startswith("invitation"))
    assert "Example school" in open_one
    assert run("platforms", "revoke", open_one.split()[1])[0] == 0
    assert "Example school" not in run("platforms", "list")[1]


def test_a_rotated_key_is_published_beside_the_one_that_signs(run: Run) -> None:
    before = run("keys", "list")[1].split()
    assert before[1:] == ["signs"]
    new = run("keys", "rotate")[1].split()[0]
    assert run("keys", "list")[1].split() == [*before, new]


def test_it_works_while_nothing_of_lti_room_runs(tmp_path: Path) -> None:
    environment = {
        "LTI_ROOM_DEVELOPMENT": "1",
        "LTI_ROOM_DATA": str(tmp_path / "data"),
        "PATH": "/usr/bin:/bin",
    }

    def command(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "lti_room", "platforms", *words],
            env=environment, capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        return done.stdout

    command("add", "moodle", *MOODLE)
    assert ID in command("list")
