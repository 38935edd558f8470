"""From the course page to the stage by two people who use no mouse."""

import pytest

from tests.browser.conftest import People
from tests.support.faces import GREEN, RED
from tests.support.person import Person

pytestmark = pytest.mark.browser

HOST = "Elena Marín"
AMARA = "Amara Okafor"
FOCUSED = """() => {
  const at = document.activeElement;
  if (!document.hasFocus() || !at || at === document.body) return '';
  return at.getAttribute('aria-label') ?? at.innerText.trim().split('\\n')[0];
}"""
STOPS_AT_MOST = 40


def focused(person: Person) -> str:
    """Return the name of what has the keyboard focus in the room; empty for nothing."""
    return str(person.room.evaluate(FOCUSED))


def keys(person: Person, *pressed: str) -> None:
    """Press keys one after the other."""
    for key in pressed:
        person.page.keyboard.press(key)


def tabs_to(person: Person, name: str, key: str = "Tab") -> list[str]:
    """Press Tab until this has the focus; return everything that had it on the way."""
    passed: list[str] = []
    for _ in range(STOPS_AT_MOST):
        keys(person, key)
        passed.append(focused(person))
        if passed[-1] == name:
            return passed
    raise AssertionError(f"{name} is not reached by {key}: {passed}")


def has_focus(person: Person, name: str) -> None:
    """Wait until this has the focus."""
    person.waits_until(lambda: focused(person) == name, f"{name} has the focus")


@pytest.fixture
def host(guests: People) -> Person:
    """The instructor, watching, in a window of their own."""
    person = guests(RED)
    person.launch("canvas", "instructor", where="window")
    has_focus(person, "Set devices")
    passed = tabs_to(person, "Join as viewer")
    assert passed[-2:] == ["Join stage", "Join as viewer"]
    keys(person, "Enter")
    person.stands("You are watching")
    return person


@pytest.fixture
def amara(guests: People, host: Person) -> Person:
    """A student, watching, framed by the course page."""
    person = guests(GREEN)
    person.launch("canvas", "student1")
    person.sees_button("Join as viewer")
    tabs_to(person, "Join as viewer")
    keys(person, "Enter")
    person.stands("You are watching")
    return person


@pytest.fixture
def live(host: Person, amara: Person) -> Person:
    """The student on stage, who asked, was brought there and accepted."""
    tabs_to(amara, "Ask to join stage")
    keys(amara, "Space")
    amara.stands("Request sent")
    has_focus(amara, "Cancel request")
    host.notice(f"{AMARA} asks to join the stage.")
    tabs_to(host, "Bring to stage")
    keys(host, "Enter")
    has_focus(host, "You are watching")
    amara.is_invited_by(HOST)
    has_focus(amara, "You are invited")
    keys(amara, "Shift+Tab")
    has_focus(amara, "Join stage")
    keys(amara, "Enter")
    has_focus(amara, "Get ready to join the stage")
    keys(amara, "Escape")
    has_focus(amara, "You are invited")
    amara.is_invited_by(HOST)
    keys(amara, "Shift+Tab")
    has_focus(amara, "Join stage")
    keys(amara, "Enter")
    has_focus(amara, "Get ready to join the stage")
    passed = tabs_to(amara, "Join stage")
    assert passed[-2:] == ["Back", "Join stage"]
    keys(amara, "Enter")
    amara.sees_on_stage(AMARA)
    has_focus(amara, "On stage")
    return amara


def test_asked_brought_accepted_and_the_single_keys(host: Person, live: Person) -> None:
    host.decodes(AMARA, GREEN)
    for key, off, on in (("m", "Mute", "Unmute"), ("v", "Stop camera", "Start camera")):
        live.sees_button(off)
        keys(live, key)
        live.sees_button(on)
        keys(live, key)
        live.sees_button(off)
    keys(live, "h")
    live.is_told("Your hand is up. You are number 1.")
    keys(live, "h")
    live.is_told("Your hand is down.")
    keys(live, "c")
    has_focus(live, "Write to everyone")
    live.page.keyboard.type("much vim")
    keys(live, "Enter")
    live.room.get_by_role("log").get_by_text("much vim", exact=True).wait_for()
    live.sees_button("Mute")
    keys(live, "Escape")
    live.room.get_by_role("complementary").wait_for(state="detached")
    has_focus(live, "On stage")
    keys(live, "p")
    live.room.get_by_role("complementary", name="Participants").wait_for()
    keys(live, "p")
    live.room.get_by_role("complementary").wait_for(state="detached")


def test_menus_and_questions(host: Person, live: Person) -> None:
    tabs_to(host, "Join by request", "Shift+Tab")
    keys(host, "Enter")
    has_focus(host, "Join by request")
    keys(host, "ArrowDown", "Enter")
    host.sees_button("Invite only")
    has_focus(host, "Invite only")
    keys(host, "p")
    host.room.get_by_role("complementary", name="Participants").wait_for()
    tabs_to(host, f"Actions for {AMARA}")
    tabs_to(host, "Find a person")
    tabs_to(host, f"Actions for {AMARA}")
    keys(host, "Enter")
    has_focus(host, "Mute")
    keys(host, "ArrowDown")
    has_focus(host, "Turn camera off")
    keys(host, "ArrowUp", "ArrowUp")
    has_focus(host, "Remove from room")
    keys(host, "Escape")
    assert host.room.get_by_role("menu").count() == 0
    has_focus(host, f"Actions for {AMARA}")
    keys(host, "Enter", "r")
    has_focus(host, "Remove from stage")
    keys(host, "Enter")
    question = f"Remove {AMARA} from the stage? They can ask again."
    has_focus(host, question)
    keys(host, "Escape")
    has_focus(host, f"Actions for {AMARA}")
    keys(host, "Enter", "r", "Enter")
    has_focus(host, question)
    tabs_to(host, "Remove from stage")
    keys(host, "Enter")
    live.notice(f"{HOST} removed you from the stage. You are watching again.")
    host.waits_until(lambda: focused(host), "the focus is kept")
