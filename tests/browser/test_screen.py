"""A screen shared by one person and seen by others: beside the camera, to its end, not where forbidden."""

from typing import Any

import pytest

from tests.browser.conftest import People
from tests.support.faces import BLUE, RED, Face
from tests.support.person import Person

pytestmark = pytest.mark.browser

SCREEN = Face((0, 135, 0), 0)
"""What Chromium shows for a screen where it pretends its devices: this colour, with something moving."""
IS_WHOLE = """() => {
  const [figure, video] = ['figure.share', 'figure.share video'].map((one) => document.querySelector(one));
  const [outer, inner] = [figure.getBoundingClientRect(), video.getBoundingClientRect()];
  const fits = inner.width <= outer.width + 1 && inner.height <= outer.height + 1;
  return fits && getComputedStyle(video).objectFit === 'contain';
}"""
WITHHELD = "Your course page does not let the room share a screen. Open the room in a new window."

LOOK = """(video) => {
  if (!video.videoWidth || video.readyState < 2) return null;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [32, 24];
  const pen = canvas.getContext('2d');
  pen.drawImage(video, 0, 0, 32, 24);
  return {
    rgb: [...pen.getImageData(16, 10, 1, 1).data].slice(0, 3),
    frames: video.getVideoPlaybackQuality().totalVideoFrames,
    shape: video.videoWidth / video.videoHeight,
  };
}"""

KEEP_SCREEN = """() => {
  const real = navigator.mediaDevices?.getDisplayMedia?.bind(navigator.mediaDevices);
  if (!real) return;
  navigator.mediaDevices.getDisplayMedia = async (asked) => {
    const stream = await real(asked);
    [window.__screen] = stream.getVideoTracks();
    return stream;
  };
}"""


def look(person: Person, sharer: Person) -> dict[str, Any] | None:
    """What this person's room shows as the screen of the sharer; None while that is no picture."""
    video = person.room.get_by_role("figure", name=f"Screen of {sharer.name}", exact=True).locator("video")
    return video.evaluate(LOOK) if video.count() else None


def is_screen(seen: dict[str, Any] | None) -> bool:
    """Whether it has the colour of a shared screen."""
    return seen is not None and all(abs(a - b) < 35 for a, b in zip(seen["rgb"], SCREEN.rgb, strict=True))


def sees_screen(person: Person, sharer: Person) -> dict[str, Any]:
    """Wait for the moving picture of a shared screen; return how it looks."""
    person.waits_until(lambda: is_screen(look(person, sharer)), f"sees the screen of {sharer.name}")
    first = look(person, sharer)
    assert first is not None
    assert person.room.evaluate(IS_WHOLE), "nothing of the screen is cut off"
    person.waits_until(
        lambda: (look(person, sharer) or first)["frames"] > first["frames"], "the screen goes on moving"
    )
    return first


def sees_no_screen(person: Person) -> None:
    """Wait until no screen is shown, nor a place for one."""
    person.waits_until(lambda: person.room.locator("figure.share").count() == 0, "the screen is gone")


@pytest.fixture
def teacher(guests: People) -> Person:
    """The instructor on stage, inside the course page of an LMS whose frame lets a screen be shared."""
    person = guests(RED)
    person.context.add_init_script(f"({KEEP_SCREEN})()")
    person.launch("canvas", "instructor")
    person.enter_on_stage()
    return person


def test_a_screen_is_seen_beside_the_camera_and_goes_when_it_is_stopped(
    teacher: Person, guests: People
) -> None:
    student = guests(BLUE)
    student.launch("canvas", "student1")
    student.enter_as_viewer()
    student.decodes(teacher.name, RED)
    assert not student.offers("Share")
    for _ in range(2):
        teacher.press("Share")
        shown, seen = sees_screen(teacher, teacher), sees_screen(student, teacher)
        assert seen["shape"] == pytest.approx(shown["shape"], abs=0.05)
        student.decodes(teacher.name, RED)
        teacher.press("Stop sharing")
        for person in (student, teacher):
            sees_no_screen(person)
        student.decodes(teacher.name, RED)
        assert teacher.room.evaluate("window.__screen.readyState") == "ended"


def test_a_latecomer_sees_it_too_and_the_browsers_own_stop_ends_it(teacher: Person, guests: People) -> None:
    teacher.press("Share")
    sees_screen(teacher, teacher)
    student = guests(BLUE)
    student.launch("canvas", "student1", where="window")
    student.enter_as_viewer()
    sees_screen(student, teacher)
    teacher.room.evaluate("window.__screen.stop(); window.__screen.dispatchEvent(new Event('ended'))")
    for person in (student, teacher):
        sees_no_screen(person)
    assert teacher.offers("Share")


def test_who_leaves_the_stage_takes_the_screen_along(teacher: Person, guests: People) -> None:
    student = guests(BLUE)
    student.launch("canvas", "student1")
    student.enter_as_viewer()
    teacher.press("Share")
    sees_screen(student, teacher)
    teacher.press("Leave stage")
    sees_no_screen(student)
    student.sees_gone(teacher.name)
    teacher.waits_until(
        lambda: teacher.room.evaluate("window.__screen.readyState") == "ended", "the capture ends"
    )


def test_a_frame_that_withholds_it_says_so_and_a_window_of_its_own_does_not(guests: People) -> None:
    teacher = guests(RED)
    teacher.launch("moodle", "instructor")
    teacher.enter_on_stage()
    share = teacher.button("Share")
    assert share.get_attribute("aria-disabled") == "true"
    assert share.get_attribute("title") == WITHHELD
    teacher.press("Share")
    teacher.is_told(WITHHELD)
    assert teacher.room.locator("figure.share").count() == 0
    teacher.follow_new_window()
    teacher.press("Join stage")
    teacher.sees_on_stage(teacher.name)
    teacher.press("Share")
    sees_screen(teacher, teacher)
