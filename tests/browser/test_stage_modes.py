"""The three stage access modes as people see them: the buttons and the sentences of both sides."""

import re

import pytest

from tests.browser.conftest import People
from tests.support.faces import BLUE, GREEN, RED
from tests.support.person import Person

pytestmark = pytest.mark.browser

HOST = "Elena Marín"
AMARA = "Amara Okafor"
NOAH = "Noah Kim"
READY = "Get ready to join the stage"


@pytest.fixture
def host(guests: People) -> Person:
    """The instructor, watching, in a window of their own."""
    person = guests(RED)
    person.launch("canvas", "instructor", where="window")
    # So wide that a request does not take the place of the mode.
    person.page.set_viewport_size({"width": 1180, "height": 700})
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
    """Another student, who has set no devices yet, in a window of their own."""
    person = guests(BLUE)
    person.launch("canvas", "student2", where="window")
    return person


def test_request_ask_cancel_decline_ask_again_bring_to_stage(host: Person, amara: Person) -> None:
    amara.stands("You are watching")
    amara.press("Ask to join stage")
    amara.is_told("Your request is sent.")
    amara.stands("Request sent")
    asking = host.notice(f"{AMARA} asks to join the stage.")
    assert asking.get_by_role("button").all_inner_texts() == ["Bring to stage", "Decline"]
    amara.press("Cancel request")
    amara.is_told("Request cancelled.")
    host.is_told(f"{AMARA} cancelled the request.")
    amara.press("Ask to join stage")
    host.answers(f"{AMARA} asks to join the stage.", "Decline")
    amara.answers("Your request was declined. You can ask again.", "Ask to join stage")
    amara.stands("Request sent")
    host.answers(f"{AMARA} asks to join the stage.", "Bring to stage")
    invitation = amara.is_invited_by(HOST)
    invitation.get_by_text("You set your devices first. You go live when you say so.").wait_for()
    amara.stands("You are invited")
    amara.sees_no_button("Cancel request")
    amara.accept_invitation()
    amara.is_told("You are on stage.")
    host.sees_on_stage(AMARA)
    host.press("Chat")
    host.room.get_by_role("log").get_by_text(f"{AMARA} joined the stage").wait_for()


def test_invite_revoke_decline_accept(host: Person, amara: Person, noah: Person) -> None:
    host.picks("Join by request", "Invite only")
    host.is_told("Only invited people join the stage now.")
    amara.is_told("The moderator invites people to the stage.")
    amara.sees_no_button("Ask to join stage")
    noah.sees("The moderator invites people to the stage.")
    assert not noah.offers("Join stage")
    host.press("Participants")
    host.picks(f"Actions for {AMARA}", "Invite to stage")
    amara.is_invited_by(HOST)
    host.picks(f"Actions for {AMARA}", "Revoke invite")
    amara.is_told("The invitation was taken back.")
    host.picks(f"Actions for {AMARA}", "Invite to stage")
    amara.press_at(amara.is_invited_by(HOST).get_by_role("button", name="Decline invitation"))
    amara.is_told("Invitation declined.")
    host.is_told(f"{AMARA} declined the invitation.")
    host.picks(f"Actions for {AMARA}", "Invite to stage")
    amara.press_at(amara.is_invited_by(HOST).get_by_role("button", name="Join stage"))
    dialog = amara.sees_dialog(READY)
    dialog.get_by_text(re.compile(rf"^{HOST} keeps your place for 9:\d\d\.$")).wait_for()
    dialog.get_by_text("You are live only after you press Join stage.", exact=True).wait_for()
    host.picks(f"Actions for {AMARA}", "Revoke invite")
    dialog.wait_for(state="detached")
    amara.is_told("The invitation was taken back.")
    host.picks(f"Actions for {AMARA}", "Invite to stage")
    amara.press_at(amara.is_invited_by(HOST).get_by_role("button", name="Join stage"))
    amara.goes_live()
    host.sees_on_stage(AMARA)


def test_everyone_joins_by_themselves(host: Person, amara: Person, noah: Person) -> None:
    noah.sees("You can ask to join the stage once you are inside.")
    host.picks("Join by request", "Everyone on stage")
    amara.is_told("Everyone can join the stage now.")
    amara.press("Join stage")
    amara.stands("Getting ready")
    amara.press_at(amara.sees_dialog(READY).get_by_role("button", name="Back"))
    amara.stands("You are watching")
    amara.press("Join stage")
    amara.goes_live()
    noah.sees("As a viewer your camera and microphone stay off.")
    noah.enter_on_stage()
    for person in (host, amara, noah):
        person.sees_on_stage(AMARA)
        person.sees_on_stage(NOAH)


def test_switching_the_mode_settles_requests_and_keeps_people_on_stage(
    host: Person, amara: Person, noah: Person
) -> None:
    noah.enter_as_viewer()
    noah.press("Ask to join stage")
    host.answers(f"{NOAH} asks to join the stage.", "Bring to stage")
    noah.accept_invitation()
    amara.press("Ask to join stage")
    host.is_told(f"{AMARA} asks to join the stage.")
    host.picks("Join by request", "Invite only")
    amara.is_told("Requests are closed. The moderator invites people now.")
    amara.stands("You are watching")
    host.picks("Invite only", "Join by request")
    amara.is_told("You can ask to join the stage.")
    amara.press("Ask to join stage")
    host.is_told(f"{AMARA} asks to join the stage.")
    host.picks("Join by request", "Everyone on stage")
    amara.answers("You can join now.", "Join stage")
    amara.goes_live()
    for person in (host, amara, noah):
        person.sees_on_stage(NOAH)
        person.sees_on_stage(AMARA)


def test_many_who_ask_are_told_as_one(host: Person, guests: People) -> None:
    for student in ("student1", "student2", "student3"):
        asking = guests(GREEN)
        asking.launch("canvas", student, where="window")
        asking.enter_as_viewer()
        asking.press("Ask to join stage")
        asking.stands("Request sent")
    host.answers("3 people ask to join the stage.", "Show")
    asked = host.room.get_by_role("list", name="Asking to join (3)").get_by_role("listitem")
    names = [name.split("\n")[1] for name in asked.all_inner_texts()]
    assert names == [AMARA, NOAH, "Priya Nair"]
