"""Hand-off rule 14: what the frame says and does while the room is open in a window of its own."""

from tests.browser.conftest import People
from tests.support.faces import GREEN, RED
from tests.support.person import PATIENCE_SECONDS, Person

PLAYS_NOTHING = "() => [...document.querySelectorAll('audio, video')].every((m) => m.paused || !m.srcObject)"


def _is_window_card(person: Person) -> None:
    person.room.wait_for_selector('[data-view="window"]', timeout=PATIENCE_SECONDS * 1000)
    person.sees("Your room is open in another window")
    assert person.room.evaluate(PLAYS_NOTHING)


def test_rule_14_the_frame_is_told_by_the_server_and_can_bring_the_room_back(people: People) -> None:
    host, student = people(RED), people(GREEN)
    host.launch("moodle", "instructor", link="link2", where="window")
    host.enter_on_stage()
    student.launch("moodle", "student1", link="link2")
    student.enter_as_viewer()
    frame_page, frame = student.page, student.room
    student.follow_new_window()
    window = student.page
    window.wait_for_timeout(6_000)  # still setting devices: the frame must not take the window for blocked
    assert frame.get_by_text("may have blocked the window").count() == 0
    student.enter_as_viewer()
    student.decodes(host.name, host.face)
    student.go_to(frame_page)
    _is_window_card(student)
    student.press("Use this page")
    student.decodes(host.name, host.face)
    student.go_to(window)
    student.sees("in another tab")
    assert student.room.evaluate(PLAYS_NOTHING)
    assert frame_page.frames[1] == frame


def test_somebody_on_stage_goes_on_in_the_window_with_what_is_chosen_there(people: People) -> None:
    host, helper = people(RED), people(GREEN)
    host.launch("canvas", "instructor", link="link2", where="window")
    host.enter_as_viewer()
    helper.launch("canvas", "ta", link="link2")
    helper.enter_on_stage()
    host.decodes(helper.name, helper.face)
    frame_page = helper.page
    helper.press("Mute")
    helper.sees_button("Unmute")
    helper.follow_new_window()
    helper.sees("You are on stage, and go on from here with these devices.")
    helper.press("Unmute")
    helper.press("Join stage")
    host.decodes(helper.name, helper.face)
    host.hears(helper.name, helper.face)
    assert frame_page.frames[1].locator(".strip").count() == 0, "notices are for the page with the devices"


def test_rule_14_a_blocked_window_is_said_after_5_seconds_with_a_real_link(people: People) -> None:
    student = people(GREEN)
    student.launch("moodle", "student2", link="link2")
    student.enter_as_viewer()
    student.room.evaluate("() => { window.open = () => null; }")
    student.press("Open in a new window")
    student.sees("The room opens in a new window")
    student.sees("Your browser may have blocked the window.")
    assert not student.offers("Go to the window"), "there is none yet"
    link = student.room.get_by_role("link", name="Open in a new window")
    with student.context.expect_page() as opened:
        student.press_at(link)
    student.go_to(opened.value)
    student.room.wait_for_selector(
        '[data-view="devices"], [data-view="room"]', timeout=PATIENCE_SECONDS * 1000
    )
    student.sees(student.name)
