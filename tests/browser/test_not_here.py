"""Staff sees who of the course has not come, and the list follows who comes and goes."""

import re
from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import expect

from tests.browser.conftest import People
from tests.support.faces import GREEN, RED
from tests.support.person import Person
from tests.support.stack import Stack

pytestmark = pytest.mark.browser

AMARA = "Amara Okafor"
CLASSMATE = "Aarav Sharma"


@pytest.fixture
def host(guests: People) -> Person:
    """The instructor, in a window of their own, with the list of participants open."""
    person = guests(RED)
    person.launch("canvas", "instructor", where="window")
    person.enter_as_viewer()
    person.press("Participants")
    return person


@pytest.fixture
def unwilling(stack: Stack) -> Iterator[None]:
    """A Sakai that does not share its course list."""
    mood(stack, "forbidden")
    yield
    mood(stack, "well")


def mood(stack: Stack, name: str) -> None:
    form = {"service": "names_roles", "mood": name}
    requests.post(f"{stack.settings.devlms_url}/devlms/sakai/mood", data=form, timeout=10).raise_for_status()


def test_the_list_follows_who_comes_and_goes(host: Person, guests: People) -> None:
    missing = host.room.get_by_role("list", name=re.compile("Not here yet"))
    heading = host.room.get_by_role("button", name=re.compile(r"Not here yet \(\d+\)"))
    expect(heading).to_be_visible(timeout=30_000)
    if heading.get_attribute("aria-expanded") == "false":
        heading.press("Enter")
    expect(missing.get_by_text(AMARA)).to_be_visible()
    expect(missing.get_by_text(CLASSMATE)).to_be_visible()
    expect(missing.get_by_text("Elena Marín")).to_have_count(0)
    before = int(re.findall(r"\d+", heading.inner_text())[0])
    amara = guests(GREEN)
    amara.launch("canvas", "student1")
    amara.enter_as_viewer()
    expect(missing.get_by_text(AMARA)).to_have_count(0, timeout=20_000)
    expect(heading).to_have_text(f"Not here yet ({before - 1})")
    amara.page.goto("about:blank")
    expect(missing.get_by_text(AMARA)).to_be_visible(timeout=60_000)


def test_a_person_who_is_missing_is_found_by_name(host: Person) -> None:
    host.room.get_by_role("searchbox").fill("aarav")
    found = host.room.get_by_role("list", name="Not here yet (1)")
    expect(found.get_by_text(CLASSMATE)).to_be_visible(timeout=30_000)


def test_a_student_sees_no_such_list(guests: People, host: Person) -> None:
    amara = guests(GREEN)
    amara.launch("canvas", "student1")
    amara.enter_as_viewer()
    amara.press("Participants")
    expect(amara.room.get_by_text("On stage (0)")).to_be_visible()
    expect(amara.room.get_by_text(re.compile("Not here yet"))).to_have_count(0)


def test_an_lms_that_does_not_share_says_what_to_do(guests: People, unwilling: None) -> None:
    person = guests(RED)
    person.launch("sakai", "instructor", where="window")
    person.enter_as_viewer()
    person.press("Participants")
    told = person.room.get_by_text("Your LMS refused to share its course list.")
    expect(told).to_be_visible(timeout=30_000)
    expect(person.room.get_by_role("button", name="Refresh who is not here yet")).to_be_visible()
