"""What staff do to people on stage, and what these can and cannot do about it."""

import pytest

from tests.browser.conftest import People
from tests.support.faces import BLUE, GREEN, RED
from tests.support.person import Person

pytestmark = pytest.mark.browser

HOST = "Elena Marín"
TA = "Jonas Weber"
AMARA = "Amara Okafor"
NOAH = "Noah Kim"
OWN_MUTE = f"Mute {AMARA}"


@pytest.fixture
def host(guests: People) -> Person:
    """The instructor, watching, in a window of their own."""
    person = guests(RED)
    person.launch("moodle", "instructor", where="window")
    person.enter_as_viewer()
    return person


@pytest.fixture
def amara(guests: People, host: Person) -> Person:
    """A student, watching, framed by the course page."""
    person = guests(GREEN)
    person.launch("moodle", "student1")
    person.enter_as_viewer()
    return person


@pytest.fixture
def ta(guests: People, host: Person) -> Person:
    """The teaching assistant, who is a moderator, watching, in a window of their own."""
    person = guests(BLUE)
    person.launch("moodle", "ta", where="window")
    person.enter_as_viewer()
    return person


@pytest.fixture
def live(host: Person, amara: Person) -> Person:
    """The student on stage, seen and heard by the host."""
    amara.press("Ask to join stage")
    host.press("Bring to stage")
    amara.accept_invitation()
    host.decodes(AMARA, GREEN)
    host.hears(AMARA, GREEN)
    return amara


def test_a_muted_person_alone_unmutes(host: Person, live: Person) -> None:
    host.picks(f"Actions for {AMARA}", "Mute")
    muted = f"{HOST} muted you. You can unmute yourself."
    live.notice(muted)
    host.no_longer_hears(AMARA, GREEN)
    host.press(f"Actions for {AMARA}")
    assert host.menu_item("Turn camera off").is_visible()
    assert not host.menu_item("Unmute").is_visible()
    assert not host.menu_item("Mute").is_visible()
    host.page.keyboard.press("Escape")
    live.answers(muted, "Unmute")
    host.hears(AMARA, GREEN)


def test_a_camera_turned_off_is_started_by_its_owner(host: Person, live: Person) -> None:
    host.picks(f"Actions for {AMARA}", "Turn camera off")
    live.notice(f"{HOST} turned your camera off.")
    host.sees_no_picture(AMARA)
    host.hears(AMARA, GREEN)
    live.answers(f"{HOST} turned your camera off.", "Start camera")
    host.decodes(AMARA, GREEN)


def test_removed_from_the_stage_after_a_question(host: Person, live: Person) -> None:
    question = f"Remove {AMARA} from the stage? They can ask again."
    host.picks(f"Actions for {AMARA}", "Remove from stage")
    host.press_at(host.sees_dialog(question).get_by_role("button", name="Keep"))
    live.stands("On stage")
    host.picks(f"Actions for {AMARA}", "Remove from stage")
    host.press_at(host.sees_dialog(question).get_by_role("button", name="Remove from stage"))
    live.notice(f"{HOST} removed you from the stage. You are watching again.")
    live.stands("You are watching")
    host.sees_gone(AMARA)
    live.sees_button("Ask to join stage")


def test_attendees_leave_the_stage_only_where_the_host_allows_it(host: Person, live: Person) -> None:
    live.sees_button("Mute")
    assert not live.offers("Leave stage")
    host.press("Settings")
    host.press_at(host.room.get_by_role("switch", name="Attendees may leave the stage themselves"))
    live.sees_button("Leave stage")
    live.press("Leave stage")
    live.is_told("You left the stage. You are watching again.")
    host.sees_gone(AMARA)


def test_two_moderators_at_once_and_the_second_is_told(host: Person, ta: Person, amara: Person) -> None:
    for first, told in (
        ("Bring to stage", f"{HOST} already brought {AMARA} to the stage."),
        ("Decline", f"{HOST} already declined {AMARA}."),
    ):
        amara.press("Ask to join stage")
        late = ta.notice(f"{AMARA} asks to join the stage.").get_by_role("button", name="Bring to stage")
        host.notice(f"{AMARA} asks to join the stage.")
        late.evaluate(PRESS_BLINDLY)
        host.press(first)
        ta.is_told(told)
        if first == "Bring to stage":
            amara.press("Decline invitation")
    amara.is_told("Your request was declined. You can ask again.")


PRESS_BLINDLY = """(button) => {
  const slow = () => {
    const until = performance.now() + 2000;
    while (performance.now() < until);
    button.click();
  };
  setTimeout(slow, 0);
}"""
"""A page so slow that the press goes out before the news of the other's press is shown."""


def test_a_new_moderator_is_one_at_once(guests: People, host: Person, amara: Person) -> None:
    noah = guests(BLUE)
    noah.launch("moodle", "student2", where="window")
    noah.enter_as_viewer()
    noah.press("Ask to join stage")
    host.notice(f"{NOAH} asks to join the stage.")
    assert not amara.room.locator(".strip").is_visible()
    host.press("Participants")
    host.picks(f"Actions for {AMARA}", "Make moderator")
    amara.is_told("You are a moderator now.")
    amara.answers(f"{NOAH} asks to join the stage.", "Bring to stage")
    noah.is_invited_by(AMARA)
    amara.press("Join stage")
    amara.goes_live()
    amara.press("Leave stage")
    host.sees_gone(AMARA)
    amara.picks("Join by request", "Invite only")
    host.sees_button("Invite only")


def test_removed_from_the_room_until_let_in_again(host: Person, amara: Person) -> None:
    host.press("Participants")
    host.picks(f"Actions for {AMARA}", "Remove from room")
    question = f"Remove {AMARA} from the room? They cannot come back until a moderator lets them in."
    host.press_at(host.sees_dialog(question).get_by_role("button", name="Remove from room"))
    amara.sees("You were removed from the room")
    amara.launch("moodle", "student1")
    amara.sees("You were removed from the room")
    host.press(f"Let in again {AMARA}")
    amara.launch("moodle", "student1")
    amara.enter_as_viewer()
    amara.stands("You are watching")


def test_the_host_ends_the_session_and_people_enter_again(host: Person, amara: Person) -> None:
    amara.press("Raise hand")
    amara.sees_button("Lower hand")
    host.press("Settings")
    host.press("End session")
    question = "End the session for everyone? Stage, requests and hands are cleared."
    host.press_at(host.sees_dialog(question).get_by_role("button", name="End session"))
    for person in (host, amara):
        person.sees("The session has ended. See you next time.")
        person.press("Enter again")
        person.stands("You are watching")
    amara.sees_button("Raise hand")
