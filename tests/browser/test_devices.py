"""Cameras and microphones: chosen, remembered, forbidden, changed and unplugged while others watch."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Playwright

from tests.browser.conftest import People
from tests.browser.hearing import Ear
from tests.support.browser import launch
from tests.support.faces import BLUE, GREEN, RED
from tests.support.person import PATIENCE_SECONDS, Person
from tests.support.stack import Stack

pytestmark = pytest.mark.browser

DEVICES = Path(__file__).with_name("devices.js")
BLOCKED = (
    "Your browser blocks the camera and microphone. Allow them beside the address, then press Try again."
)
FRAMED = "Your course page does not let the room use your camera and microphone."
SECOND_MICROPHONE = "Fake Audio Input 1"


@pytest.fixture
def host(guests: People) -> Person:
    """The instructor, watching, in a window of their own."""
    person = guests(RED)
    person.launch("canvas", "instructor", where="window")
    person.enter_as_viewer()
    return person


@pytest.fixture
def teacher(guests: People) -> Person:
    """Another instructor at a browser whose devices can be pulled out, who has not entered yet."""
    person = guests(GREEN)
    person.context.add_init_script(path=DEVICES)
    person.launch("canvas", "instructor2", where="window")
    return person


def field(person: Person, name: str) -> Locator:
    """Return the choice of a device."""
    return person.room.get_by_role("combobox", name=name)


def chosen(person: Person, name: str) -> str:
    """Return the label of the chosen device."""
    return str(field(person, name).evaluate("select => select.selectedOptions[0]?.label ?? ''"))


def choose(person: Person, name: str, label: str) -> None:
    """Choose a device by its label, once it is listed."""
    person.waits_until(lambda: label in field(person, name).inner_text(), f"{label} is listed")
    field(person, name).select_option(label=label)


def unplug(person: Person, kind: str, label: str) -> None:
    """Pull out a device that is in use."""
    pulled = "([kind, label]) => window.__devices.unplug(kind, label)"
    assert person.room.evaluate(pulled, [kind, label]) > 0, f"{label} was not in use"


def held(person: Person) -> list[str]:
    """Return the kinds of devices this page holds."""
    given: list[str] = person.room.evaluate("() => window.__devices.given()")
    return [track.split()[0] for track in given if track.endswith("live")]


def test_choices_are_remembered_over_a_reload(teacher: Person) -> None:
    choose(teacher, "Microphone", SECOND_MICROPHONE)
    teacher.sees("Saved. We will remember this.")
    choose(teacher, "Camera", "Second camera")
    teacher.page.reload()
    teacher.waits_until(lambda: chosen(teacher, "Microphone") == SECOND_MICROPHONE, "the microphone again")
    teacher.waits_until(lambda: chosen(teacher, "Camera") == "Second camera", "the camera again")


def test_devices_that_come_late_are_given_back_to_who_only_watches(teacher: Person) -> None:
    teacher.page.reload()
    teacher.room.wait_for_selector('[data-view="devices"]')
    teacher.waits_until(lambda: len(held(teacher)) == 2, "camera and microphone are held")
    teacher.press("Stop camera")
    teacher.room.evaluate("() => window.__devices.slow(1500)")
    teacher.press("Start camera")
    teacher.enter_as_viewer()
    given = len(teacher.room.evaluate("() => window.__devices.given()"))
    teacher.waits_until(
        lambda: len(teacher.room.evaluate("() => window.__devices.given()")) > given, "the camera comes late"
    )
    teacher.waits_until(lambda: held(teacher) == [], "nothing is held")


def test_a_device_changed_or_unplugged_while_live_is_replaced_for_all(host: Person, teacher: Person) -> None:
    teacher.enter_on_stage()
    host.decodes(teacher.name, GREEN)
    host.hears(teacher.name, GREEN)
    teacher.press("Settings")
    choose(teacher, "Camera", "Second camera")
    choose(teacher, "Microphone", SECOND_MICROPHONE)
    teacher.press_at(teacher.sees_dialog("Settings").get_by_role("button", name="Close"))
    host.decodes(teacher.name, BLUE)
    unplug(teacher, "video", "Second camera")
    teacher.is_told_like(r"Your camera was unplugged\. We switched to .+\.y4m\.")
    teacher.press("Dismiss")
    unplug(teacher, "audio", SECOND_MICROPHONE)
    teacher.is_told_like(r"Your microphone was unplugged\. We switched to Fake Default Audio Input\.")
    teacher.press("Dismiss")
    host.decodes(teacher.name, GREEN)
    host.hears(teacher.name, GREEN)
    (camera,) = teacher.room.evaluate(
        "async () => (await navigator.mediaDevices.enumerateDevices())"
        ".filter(({kind}) => kind === 'videoinput').map(({label}) => label)"
    )
    unplug(teacher, "video", camera)
    teacher.is_told("Your camera was unplugged. There is no other one.")
    host.sees_no_picture(teacher.name)
    teacher.sees_button("Start camera")
    host.hears(teacher.name, GREEN)


@pytest.fixture
def shy(stack: Stack, driver: Playwright) -> Iterator[Person]:
    """Somebody whose browser has a camera and a microphone and says no to every question for them."""
    switches = ("--use-fake-device-for-media-stream", "--deny-permission-prompts")
    with launch(driver, args=switches) as context:
        yield Person(context, stack, RED)


def test_a_browser_that_blocks_is_explained_and_tried_again(stack: Stack, shy: Person) -> None:
    shy.launch("canvas", "instructor", where="window")
    shy.sees(BLOCKED)
    shy.press("Try again")
    shy.sees(BLOCKED)
    shy.context.grant_permissions(["camera", "microphone"], origin=stack.url)
    shy.press("Try again")
    shy.room.get_by_role("button", name="Stop camera").wait_for(timeout=PATIENCE_SECONDS * 1000)
    shy.room.locator(".preview video").wait_for(timeout=PATIENCE_SECONDS * 1000)
    assert shy.room.get_by_text(BLOCKED).count() == 0


def test_invited_in_a_frame_without_devices_goes_live_in_a_window(guests: People) -> None:
    host, amara = guests(RED), guests(GREEN)
    host.launch("sakai", "instructor", where="window")
    host.enter_as_viewer()
    amara.launch("sakai", "student1")
    amara.sees(FRAMED)
    amara.sees_button("Open in a new window")
    amara.enter_as_viewer()
    amara.press("Ask to join stage")
    host.answers("Amara Okafor asks to join the stage.", "Bring to stage")
    amara.press_at(amara.is_invited_by("Elena Marín").get_by_role("button", name="Join stage"))
    dialog = amara.sees_dialog("Open in a new window")
    dialog.get_by_text(f"{FRAMED} In its own window everything works.", exact=True).wait_for()
    amara.sees_button("Stay here as viewer")
    with amara.context.expect_page() as opened:
        amara.press_at(dialog.get_by_role("button", name="Open in a new window"))
    amara.goes_on_in(opened.value)
    amara.enter_as_viewer()
    amara.accept_invitation()
    host.decodes("Amara Okafor", GREEN)
    host.hears("Amara Okafor", GREEN)


def test_who_reloads_hears_at_once_or_by_a_click(guests: People) -> None:
    host, viewer = guests(RED), guests(GREEN)
    host.launch("canvas", "instructor", where="window")
    host.enter_on_stage()
    ear = Ear(viewer)
    viewer.launch("canvas", "student1")
    viewer.enter_as_viewer()
    ear.waits_for("playing")
    viewer.room.evaluate("location.reload()")
    ear.waits_for("playing")
    viewer.go_home()
    viewer.launch("canvas", "student1", where="window")
    viewer.enter_as_viewer()
    ear.waits_for("playing")
    viewer.page.reload()
    button = ear.waits_for("button")
    assert not ear.tells_of("playing")
    viewer.page.mouse.click(button["x"], button["y"])
    ear.waits_for("playing")
    assert not ear.tells_of("button")
    viewer.hears(host.name, RED)
