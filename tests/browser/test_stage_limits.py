"""A stage with one seat, and invitations whose time runs out."""

from collections.abc import Iterator

import pytest

from tests.browser.conftest import Browsers, People, meeting
from tests.support.faces import BLUE, GREEN, RED
from tests.support.person import Person
from tests.support.stack import Stack

pytestmark = pytest.mark.browser

INVITATION_SECONDS = 23
HOST = "Elena Marín"
AMARA = "Amara Okafor"
NOAH = "Noah Kim"
MORE = "Give me more time"
SETTINGS = {"LTI_ROOM_STAGE_SEATS": "1", "LTI_ROOM_INVITATION_SECONDS": str(INVITATION_SECONDS)}


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The program with one seat on stage and short invitations."""
    folder = tmp_path_factory.mktemp("narrow")
    with Stack(folder, webs=1, media=1, devlms=True, settings=SETTINGS) as running:
        yield running


@pytest.fixture
def guests(narrow: Stack, browsers: Browsers) -> Iterator[People]:
    with meeting(narrow, browsers) as guest:
        yield guest


@pytest.fixture
def host(guests: People) -> Person:
    """The instructor, watching, in a window of their own."""
    person = guests(RED)
    person.launch("canvas", "instructor", where="window")
    person.enter_as_viewer()
    return person


@pytest.fixture
def amara(guests: People, host: Person) -> Person:
    """A student, watching, framed by the course page."""
    person = guests(GREEN)
    person.launch("canvas", "student1")
    person.enter_as_viewer()
    return person


@pytest.fixture
def noah(guests: People, host: Person) -> Person:
    """Another student, watching, in a window of their own."""
    person = guests(BLUE)
    person.launch("canvas", "student2", where="window")
    person.enter_as_viewer()
    return person


def test_a_full_stage_keeps_the_invitation_until_a_seat_is_free(host: Person, amara: Person) -> None:
    host.press("Join stage")
    host.goes_live()
    amara.press("Ask to join stage")
    host.answers(f"{AMARA} asks to join the stage.", "Bring to stage")
    amara.press_at(amara.is_invited_by(HOST).get_by_role("button", name="Join stage"))
    dialog = amara.sees_dialog("Get ready to join the stage")
    join = dialog.get_by_role("button", name="Join stage")
    amara.press_at(join)
    dialog.get_by_text("The stage is full (1). Your request stays open.", exact=True).wait_for()
    host.press("Leave stage")
    host.sees_gone(HOST)
    amara.goes_live()
    host.sees_on_stage(AMARA)


def test_nobody_joins_a_full_stage_open_to_everyone(host: Person, amara: Person) -> None:
    host.picks("Join by request", "Everyone on stage")
    host.press("Join stage")
    host.goes_live()
    amara.sees_on_stage(HOST)
    amara.press("Join stage")
    amara.is_told("The stage is full (1).")
    amara.stands("You are watching")


def test_the_times_of_requests_and_invitations(host: Person, amara: Person, noah: Person) -> None:
    host.press("Participants")
    host.picks(f"Actions for {NOAH}", "Invite to stage")
    noah.is_invited_by(HOST)
    assert not noah.offers(MORE), "offered before the last 20 seconds"
    amara.press("Ask to join stage")
    asks = host.notice(f"{AMARA} asks to join the stage.")
    noah.sees_button(MORE)
    asks.wait_for(state="detached")
    amara.press("Cancel request")
    amara.press("Ask to join stage")
    host.answers(f"{AMARA} asks to join the stage.", "Bring to stage")
    mine = amara.is_invited_by(HOST)
    mine.get_by_text("20 seconds left.", exact=True).wait_for()
    amara.press(MORE)
    amara.sees_no_button(MORE)
    amara.press_at(mine.get_by_role("button", name="Join stage"))
    dialog = amara.sees_dialog("Get ready to join the stage")
    dialog.get_by_text(f"{HOST} keeps your place for 9:").wait_for()
    noah.is_told("The invitation has ended.")
    noah.stands("You are watching")
    host.answers(f"{NOAH} did not answer the invitation.", "Invite to stage")
    noah.is_invited_by(HOST)
    assert dialog.is_visible()
    amara.goes_live()
