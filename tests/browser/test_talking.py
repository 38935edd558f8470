"""Chat, hands, reactions and the list of participants, as three people in one room see them."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.browser.conftest import Browsers, meeting
from tests.support.faces import BLUE, GREEN, RED
from tests.support.person import PATIENCE_SECONDS, Person
from tests.support.stack import Stack

pytestmark = pytest.mark.browser

HOST = "Elena Marín"
AMARA = "Amara Okafor"
NOAH = "Noah Kim"


class Class(NamedTuple):
    """Three people who watch in one room."""

    host: Person
    amara: Person
    noah: Person


@pytest.fixture(scope="module")
def lesson(stack: Stack, browsers: Browsers) -> Iterator[Class]:
    """A room that all tests share; each leaves it as it found it."""
    with meeting(stack, browsers) as guest:
        people = Class(guest(RED), guest(GREEN), guest(BLUE))
        people.host.launch("sakai", "instructor", where="window")
        people.amara.launch("sakai", "student1")
        people.noah.launch("sakai", "student2", where="window")
        for person in people:
            person.enter_as_viewer()
        yield people


@pytest.fixture
def listed(lesson: Class) -> Iterator[Person]:
    """The host, with the list of participants open."""
    lesson.host.press("Participants")
    yield lesson.host
    lesson.host.press("Participants")


def names(person: Person, section: str) -> list[str]:
    """Return who is listed in a section, in order."""
    return person.room.get_by_role("list", name=section).locator(".person-name").all_inner_texts()


def lists(person: Person, section: str, people: list[str]) -> None:
    """Wait until a section lists these people in this order."""
    person.waits_until(lambda: names(person, section) == people, f"{section}: {people}")


def test_chat_goes_both_ways_and_a_newcomer_reads_it_all(lesson: Class) -> None:
    host, amara, noah = lesson
    host.says("Welcome, https://example.org/reading is for today")
    amara.room.get_by_role("button", name="Chat").get_by_text("1", exact=True).wait_for()
    amara.says("Thank you")
    log = host.room.get_by_role("log")
    log.get_by_text("Thank you", exact=True).wait_for(timeout=PATIENCE_SECONDS * 1000)
    link = amara.room.get_by_role("log").get_by_role("link", name="https://example.org/reading")
    assert link.get_attribute("target") == "_blank"
    noah.room.evaluate("location.reload()")
    noah.press("Chat")
    for person in lesson:
        texts = person.room.get_by_role("log").locator(".message-text").all_inner_texts()
        assert texts == ["Welcome, https://example.org/reading is for today", "Thank you"]
        person.press("Chat")


def test_hands_go_up_in_order_and_staff_lower_them(lesson: Class, listed: Person) -> None:
    host, amara, noah = lesson
    noah.press("Raise hand")
    noah.is_told("Your hand is up. You are number 1.")
    host.is_told(f"{NOAH} raised a hand.")
    amara.press("Raise hand")
    amara.is_told("Your hand is up. You are number 2.")
    host.is_told(f"{AMARA} raised a hand.")
    lists(host, "Viewers (3)", [NOAH, AMARA, f"{HOST} (you)"])
    hands = host.room.locator(".person .hand-badge")
    assert hands.all_inner_texts() == ["Hand 1\n1", "Hand 2\n2"]
    host.picks(f"Actions for {NOAH}", "Lower hand")
    noah.is_told(f"{HOST} lowered your hand.")
    noah.sees_button("Raise hand")
    host.waits_until(lambda: hands.all_inner_texts() == ["Hand 1\n1"], "the second hand is the first")
    amara.press("Lower hand")
    amara.is_told("Your hand is down.")
    host.waits_until(lambda: hands.count() == 0, "all hands are down")


def test_reactions_are_seen_by_the_others(lesson: Class) -> None:
    host, amara, noah = lesson
    amara.press("React")
    amara.press("Clap")
    for person in (host, noah):
        risen = person.room.locator(".reaction", has_text="Amara")
        risen.wait_for(timeout=PATIENCE_SECONDS * 1000)
        assert "👏" in risen.first.inner_text()
    host.waits_until(lambda: host.room.locator(".reaction").count() == 0, "reactions are gone")
    amara.press("React")


def test_the_list_has_sections_counts_and_a_search(lesson: Class, listed: Person) -> None:
    host, amara, _ = lesson
    host.sees("Nobody is on stage yet.")
    lists(host, "Viewers (3)", [AMARA, f"{HOST} (you)", NOAH])
    amara.press("Ask to join stage")
    asking = host.room.get_by_role("list", name="Asking to join (1)")
    asking.get_by_role("button", name=f"Decline {AMARA}").wait_for()
    lists(host, "Viewers (2)", [f"{HOST} (you)", NOAH])
    host.press_at(asking.get_by_role("button", name=f"Decline {AMARA}"))
    amara.is_told("Your request was declined. You can ask again.")
    amara.press("Dismiss")
    lists(host, "Viewers (3)", [AMARA, f"{HOST} (you)", NOAH])
    search = host.room.get_by_role("searchbox", name="Find a person")
    search.fill("marin")
    lists(host, "Found (1)", [f"{HOST} (you)"])
    search.fill("xyz")
    host.sees("Nobody called “xyz”.")
    search.fill("")
    lists(host, "Viewers (3)", [AMARA, f"{HOST} (you)", NOAH])
