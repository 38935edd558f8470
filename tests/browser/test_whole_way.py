"""From a course page to a live stage and off it again, in each LMS, with three people at three browsers."""

from tests.browser.conftest import People
from tests.support.faces import BLUE, GREEN, RED
from tests.support.person import Person


def _sees_and_hears(who: Person, *others: Person) -> None:
    for other in others:
        who.decodes(other.name, other.face)
        who.hears(other.name, other.face)


def _request_to_removal(host: Person, asking: Person, watching: Person) -> None:
    """The stage rules in `request` mode: ask, bring to stage, accept, seen and heard by all, removed."""
    asking.press("Ask to join stage")
    host.sees("asks to join")
    host.press("Bring to stage")
    asking.accept_invitation()
    _sees_and_hears(host, asking)
    _sees_and_hears(asking, host)
    _sees_and_hears(watching, host, asking)
    host.press("Participants")
    host.press(f"Actions for {asking.name}")
    host.press_at(host.room.get_by_role("menuitem", name="Remove from stage"))
    host.press_at(host.room.get_by_role("dialog").get_by_role("button", name="Remove from stage"))
    asking.sees("removed you from the stage")
    for person in (host, watching, asking):
        person.sees_gone(asking.name)


def test_canvas(people: People) -> None:
    host, framed, windowed = people(RED), people(GREEN), people(BLUE)
    host.launch("canvas", "instructor")
    host.enter_on_stage()
    framed.launch("canvas", "student1")
    framed.enter_as_viewer()
    windowed.launch("canvas", "student2", where="window")
    windowed.enter_as_viewer()
    _request_to_removal(host, framed, windowed)


def test_moodle(people: People) -> None:
    host, framed, windowed = people(RED), people(GREEN), people(BLUE)
    host.launch("moodle", "instructor")
    host.enter_on_stage()
    framed.launch("moodle", "student1")
    framed.enter_as_viewer()
    windowed.launch("moodle", "student2", where="window")
    windowed.enter_as_viewer()
    _request_to_removal(host, windowed, framed)


def test_sakai_whose_frame_forbids_camera_and_microphone(people: People) -> None:
    host, framed, windowed = people(RED), people(GREEN), people(BLUE)
    host.launch("sakai", "instructor")
    host.sees("does not let the room use your camera and microphone")
    frame = host.room
    host.follow_new_window()
    frame.wait_for_selector('[data-view="window"]')
    assert frame.evaluate("() => [...document.querySelectorAll('audio, video')].every((m) => m.paused)")
    host.enter_on_stage()
    framed.launch("sakai", "student1")
    framed.enter_as_viewer()
    windowed.launch("sakai", "student2", where="window")
    windowed.enter_as_viewer()
    _request_to_removal(host, windowed, framed)
