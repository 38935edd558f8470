"""The whole way of a grade: people come and go, the session ends, the teacher looks, corrects and sends."""

import re

import pytest
import requests
from playwright.sync_api import Locator

from tests.browser.conftest import People
from tests.support.faces import BLUE, GREEN, RED
from tests.support.person import Person
from tests.support.stack import Stack

pytestmark = pytest.mark.browser

AMARA, NOAH, PRIYA, MEI = "Amara Okafor", "Noah Kim", "Priya Nair", "Mei Tanaka"
END = "End the session for everyone? Stage, requests and hands are cleared."


def book_of(person: Person) -> Locator:
    """Open attendance and grades from the people panel."""
    person.press("Participants")
    person.press("Attendance and grades")
    return person.sees_dialog("Attendance and grades")


def marks(person: Person, book: Locator, name: str, status: str) -> None:
    book.get_by_label(f"Status of {name}").select_option(status)
    person.waits_until(
        lambda: book.get_by_role("status").filter(has_text=f"{name}: ").count(), f"{name} is {status}"
    )


def number_in(words: str) -> int:
    [number] = re.findall(r"\d+", words.replace("send 0", ""))
    return int(number)


def row(book: Locator, name: str) -> Locator:
    return book.get_by_role("row").filter(has_text=name)


def gradebook(stack: Stack, lms: str) -> dict[str, list[str]]:
    """What the emulated course's gradebook shows, by name."""
    page = requests.get(f"{stack.settings.devlms_url}/devlms/{lms}/gradebook", timeout=5).text
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", page, re.S)
    cells = [
        [re.sub(r"<[^>]+>", "", one).strip() for one in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", r, re.S)]
        for r in rows
    ]
    return {name: values for name, *values in cells}


@pytest.mark.parametrize(
    ("lms", "platform"), [("canvas", "Canvas"), ("moodle", "Moodle"), ("sakai", "Sakai")]
)
def test_from_coming_to_the_gradebook(guests: People, stack: Stack, lms: str, platform: str) -> None:
    host, amara, noah = guests(RED), guests(GREEN), guests(BLUE)
    host.launch(lms, "instructor", where="window")
    host.enter_as_viewer()
    for student, who in ((amara, "student1"), (noah, "student2")):
        student.launch(lms, who, where="window")
        student.enter_as_viewer()
    noah.press("Leave")
    noah.sees("You left the room.")
    host.press("Settings")
    host.press("End session")
    host.press_at(host.sees_dialog(END).get_by_role("button", name="End session"))
    host.sees("The session has ended. See you next time.")
    host.press("Enter again")
    host.stands("You are watching")

    book = book_of(host)
    picker = book.get_by_label("Session", exact=True)
    ended = picker.locator("option").filter(has_text="–").first
    host.waits_until(lambda: ended.count(), "the session that ended is listed")
    picker.select_option(ended.get_attribute("value"))
    before = gradebook(stack, lms)
    book.get_by_role("switch", name="This session counts for the grade").check()
    marks(host, book, AMARA, "present")
    marks(host, book, NOAH, "absent")
    host.press_at(book.get_by_role("button", name="Undo"))
    marks(host, book, NOAH, "absent")
    assert gradebook(stack, lms) == before, "nothing is sent before somebody sends it"
    host.press_at(book.get_by_role("button", name=f"Send 2 grades to {platform}"))
    for name in (AMARA, NOAH):
        row(book, name).locator(".grade-state.sent >> visible=true").wait_for(timeout=20_000)
    assert gradebook(stack, lms)[AMARA][0] == "100 / 100"
    assert gradebook(stack, lms)[NOAH][0] == "0 / 100"
    assert book.get_by_role("button", name=re.compile("^Send")).count() == 0

    marks(host, book, NOAH, "present")
    host.press_at(book.get_by_role("button", name=f"Send 1 grade to {platform}"))
    host.waits_until(lambda: gradebook(stack, lms)[NOAH][0] == "100 / 100", "the corrected grade is there")


def test_students_see_their_own_attendance_and_nobody_elses(guests: People) -> None:
    host, amara = guests(RED), guests(GREEN)
    host.launch("moodle", "instructor", where="window")
    host.enter_as_viewer()
    amara.launch("moodle", "student1", where="window")
    amara.enter_as_viewer()
    amara.press("Participants")
    amara.press("Your attendance")
    mine = amara.sees_dialog("Your attendance")
    mine.get_by_text("1 min · Present").wait_for()
    assert mine.get_by_role("listitem").count() == 1
    amara.page.keyboard.press("Escape")
    host.press("Participants")
    host.picks(f"Actions for {AMARA}", "Make moderator")
    amara.is_told("You are a moderator now.")
    amara.sees_button("Your attendance")
    amara.sees_no_button("Attendance and grades")


def test_people_who_never_opened_the_room(guests: People, stack: Stack) -> None:
    """They have lines; a host excuses one, and has the others sent 0 as well."""
    host, amara = guests(RED), guests(GREEN)
    host.launch("sakai", "instructor", link="link2", where="window")
    host.enter_as_viewer()
    amara.launch("sakai", "student1", link="link2", where="window")
    amara.enter_as_viewer()
    host.press("Settings")
    host.press("End session")
    host.press_at(host.sees_dialog(END).get_by_role("button", name="End session"))
    host.press("Enter again")
    host.stands("You are watching")

    book = book_of(host)
    picker = book.get_by_label("Session", exact=True)
    ended = picker.locator("option").filter(has_text="–").first
    host.waits_until(lambda: ended.count(), "the session that ended is listed")
    picker.select_option(ended.get_attribute("value"))
    book.get_by_role("switch", name="This session counts for the grade").check()
    row(book, MEI).get_by_text("Never opened the room").wait_for()
    row(book, MEI).locator(".grade-state >> visible=true", has_text="Left out").wait_for()
    book.get_by_role("button", name="Send 1 grade to Sakai").wait_for()

    zeros = book.get_by_role("switch", name=re.compile(r"Also send 0 to \d+ people who never came"))
    missing = number_in(zeros.locator("xpath=..").inner_text())
    assert missing == book.get_by_text("Never opened the room").count()
    assert not zeros.is_checked()
    marks(host, book, MEI, "excused")
    zeros.check()
    book.get_by_role("button", name=f"Send {missing} grades to Sakai").wait_for()
    host.press_at(book.get_by_role("button", name=f"Send {missing} grades to Sakai"))
    row(book, PRIYA).locator(".grade-state.sent >> visible=true").wait_for(timeout=20_000)
    host.waits_until(
        lambda: book.locator(".grade-state.sent >> visible=true").count() == missing, "all is sent"
    )
    shown = gradebook(stack, "sakai")
    column = shown["Name"].index("Office hours")
    assert shown[PRIYA][column].startswith("0 /")
    assert shown[MEI][column] == "–"
