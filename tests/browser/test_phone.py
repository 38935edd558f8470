"""A phone enters to watch; a host rules the stage from one, and a student comes on stage with one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Playwright, ViewportSize

from tests.browser.conftest import People
from tests.browser.hearing import Ear
from tests.support.browser import launch
from tests.support.faces import BLUE, GREEN
from tests.support.person import Person
from tests.support.stack import Stack

pytestmark = pytest.mark.browser

UPRIGHT = ViewportSize(width=390, height=844)
ON_ITS_SIDE = ViewportSize(width=844, height=390)
HINT = "The room is easier to use with the phone upright."


@pytest.fixture(scope="module")
def handset(driver: Playwright, face_files: Path) -> Iterator[BrowserContext]:
    """A phone's browser."""
    video, audio = BLUE.files(face_files)
    with launch(driver, video_file=video, audio_file=audio, phone=True, width=390, height=844) as context:
        yield context


@pytest.fixture
def phone(handset: BrowserContext, stack: Stack, guests: People) -> Iterator[Person]:
    """Somebody with a phone in their hand."""
    person = Person(handset, stack, BLUE, touches=True)
    yield person
    person.go_home()


def test_a_host_rules_the_stage_from_a_phone(guests: People, phone: Person) -> None:
    amara = guests(GREEN)
    phone.launch("canvas", "instructor", where="window")
    phone.sees("On a phone you enter as a viewer. Camera and microphone stay off.")
    assert not phone.offers("Join stage")
    phone.enter_as_viewer()
    amara.launch("canvas", "student1", where="window")
    amara.enter_as_viewer()
    phone.picks("More", "Invite only")
    amara.sees_no_button("Ask to join stage")
    phone.picks("More", "Join by request")
    amara.press("Ask to join stage")
    phone.answers("Amara Okafor asks to join the stage.", "Bring to stage")
    amara.accept_invitation()
    phone.decodes("Amara Okafor", GREEN)
    phone.hears("Amara Okafor", GREEN)
    phone.press("People")
    phone.picks("Actions for Amara Okafor", "Mute")
    amara.notice("Elena Marín muted you. You can unmute yourself.")


def test_a_student_comes_on_stage_with_a_phone(guests: People, phone: Person) -> None:
    host = guests(GREEN)
    host.launch("canvas", "instructor", where="window")
    host.enter_as_viewer()
    phone.launch("canvas", "student1", where="window")
    phone.enter_as_viewer()
    phone.press("Ask to join stage")
    host.answers("Amara Okafor asks to join the stage.", "Bring to stage")
    phone.accept_invitation()
    host.decodes("Amara Okafor", BLUE)
    host.hears("Amara Okafor", BLUE)


def test_a_tap_frees_the_sound(guests: People, phone: Person) -> None:
    host = guests(GREEN)
    host.launch("canvas", "instructor", where="window")
    host.enter_on_stage()
    ear = Ear(phone)
    phone.launch("canvas", "student1", where="window")
    phone.enter_as_viewer()
    ear.waits_for("playing")
    phone.page.reload()
    button = ear.waits_for("button")
    assert not ear.tells_of("playing")
    phone.page.touchscreen.tap(button["x"], button["y"])
    ear.waits_for("playing")


def test_the_way_to_hold_it_is_said_once(phone: Person) -> None:
    phone.launch("canvas", "student1", where="window")
    phone.enter_as_viewer()
    assert phone.room.get_by_text(HINT).count() == 0
    phone.page.set_viewport_size(ON_ITS_SIDE)
    phone.sees(HINT)
    phone.press("Dismiss")
    phone.waits_until(lambda: phone.room.get_by_text(HINT).count() == 0, "no hint")
    phone.page.set_viewport_size(UPRIGHT)
    phone.page.set_viewport_size(ON_ITS_SIDE)
    phone.stays_without(".banner", 0.5)
    phone.page.set_viewport_size(UPRIGHT)
