"""A course in German has its room in German, and longer words still fit."""

from pathlib import Path

import pytest
from playwright.sync_api import Playwright, Route

from tests.browser.conftest import forget_rooms
from tests.support.faces import RED
from tests.support.person import Person, a_person
from tests.support.stack import Stack

pytestmark = pytest.mark.browser


def speaks_german(person: Person) -> None:
    """Let the course tell the room that it is held in German."""

    def answer(route: Route) -> None:
        boot = route.fetch()
        route.fulfill(response=boot, json={**boot.json(), "locale": "de_AT"})

    person.context.route("**/api/boot", answer)


def fits(person: Person) -> bool:
    """Whether nothing is wider than the page, and no word of the toolbar is cut off."""
    return bool(
        person.room.evaluate(
            """() => document.documentElement.scrollWidth <= innerWidth
              && [...document.querySelectorAll('.toolbar, .toolbar button, .place')]
                .every((one) => one.scrollWidth <= one.clientWidth + 1)"""
        )
    )


@pytest.mark.parametrize("width", [900, 1440])
def test_a_german_course(stack: Stack, driver: Playwright, face_files: Path, width: int) -> None:
    forget_rooms(stack)
    with a_person(driver, stack, RED, face_files, width=width) as teacher:
        speaks_german(teacher)
        teacher.launch("canvas", "instructor", where="window")
        teacher.press("Auf die Bühne")
        teacher.sees_on_stage(teacher.name)
        assert teacher.room.evaluate("document.documentElement.lang") == "de-AT"
        teacher.stands("Auf der Bühne" if width < 1100 else "Sie sind auf der Bühne")
        teacher.press("Chat")
        teacher.room.get_by_role("textbox", name="An alle schreiben").wait_for()
        assert teacher.offers("Von der Bühne")
        assert fits(teacher)
        teacher.press("Personen")
        teacher.sees("Auf der Bühne (1)")


def test_a_german_course_on_a_phone(stack: Stack, driver: Playwright, face_files: Path) -> None:
    forget_rooms(stack)
    with a_person(driver, stack, RED, face_files, phone=True, width=390, height=844) as student:
        speaks_german(student)
        student.launch("canvas", "student1", where="window")
        student.press("Zum Zuschauen eintreten")
        student.press("Bühnenplatz anfragen")
        student.sees("Ihre Anfrage ist gesendet.")
        assert fits(student)
