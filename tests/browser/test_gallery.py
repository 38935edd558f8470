"""Every view of the room: no accessibility violation, no complaint, and all of it by keyboard.

The gallery mounts them under the room's own content policy; each scene is looked at in one of six settings
here, and in all of them by `tests/js/gallery/shoot.py --axe`.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright

from tests.js.gallery import shoot

pytestmark = pytest.mark.browser

SETTINGS = [(size, theme) for size in ("frame", "phone", "wide") for theme in ("light", "dark")]
PART = "() => document.activeElement.closest('.topbar, section, aside, footer').classList[0]"
STICKING_OUT = """() => [...document.querySelectorAll('.room :is(button, h1, h2)')].filter((one) => {
  const box = one.getBoundingClientRect();
  const across = box.left >= -1 && box.right <= innerWidth + 1;
  const inside = across && box.top >= -1 && box.bottom <= innerHeight + 1;
  return box.width > 1 && !inside && !one.closest('.people-lists, .scrolls, .chat-list, .dialog-body');
}).map((one) => one.outerHTML.slice(0, 80))"""
FOCUSED = "() => document.activeElement?.textContent?.trim() || document.activeElement?.ariaLabel || ''"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with shoot.served() as found:
        yield found


@pytest.fixture(scope="module")
def chromium(driver: Playwright) -> Iterator[Browser]:
    browser = shoot.start(driver)
    yield browser
    browser.close()


@pytest.mark.parametrize(("at", "scene"), list(enumerate(shoot.scenes())))
def test_a_scene_has_no_violation(chromium: Browser, address: str, at: int, scene: str) -> None:
    size, theme = SETTINGS[at % len(SETTINGS)]
    with shoot.scene_page(chromium, address, scene, size, theme, still=True) as page:
        assert shoot.violations(page) == []


def _focused(page: Page) -> str:
    return str(page.evaluate(FOCUSED))


def test_arrows_move_in_the_toolbar_which_is_one_tab_stop(chromium: Browser, address: str) -> None:
    with shoot.scene_page(chromium, address, "viewer_plain", "frame", "light") as page:
        bar = page.get_by_role("toolbar", name="Room controls")
        assert bar.locator("button[tabindex='0']").count() == 1
        bar.get_by_role("button", name="Ask to join stage").focus()
        page.keyboard.press("ArrowRight")
        assert _focused(page) == "Raise hand"
        page.keyboard.press("End")
        assert _focused(page) == "Leave"
        page.keyboard.press("ArrowRight")
        assert _focused(page) == "Ask to join stage"


def test_a_menu_opens_on_its_choice_and_gives_the_focus_back(chromium: Browser, address: str) -> None:
    with shoot.scene_page(chromium, address, "moderator", "wide", "light") as page:
        opener = page.get_by_role("button", name="Join by request")
        opener.focus()
        page.keyboard.press("Enter")
        assert _focused(page).startswith("Join by request")
        page.keyboard.press("ArrowDown")
        assert _focused(page).startswith("Invite only")
        page.keyboard.press("e")
        assert _focused(page).startswith("Everyone on stage")
        page.keyboard.press("Escape")
        assert page.get_by_role("menu").count() == 0
        assert _focused(page) == "Join by request"


def test_f6_goes_round_the_parts_of_the_room(chromium: Browser, address: str) -> None:
    with shoot.scene_page(chromium, address, "participants", "wide", "light") as page:
        parts = []
        for _ in range(4):
            page.keyboard.press("F6")
            parts.append(page.evaluate(PART))
        assert parts == ["topbar", "stage", "panel", "toolbar-row"]


def test_single_keys_work_outside_fields_only_and_can_be_switched_off(
    chromium: Browser, address: str
) -> None:
    with shoot.scene_page(chromium, address, "viewer_plain", "frame", "light") as page:
        page.keyboard.press("c")
        chat = page.get_by_role("complementary", name="Chat")
        chat.wait_for()
        page.keyboard.type("cp?")
        assert page.get_by_role("textbox", name="Write to everyone").input_value() == "cp?"
        assert page.get_by_role("dialog").count() == 0
        page.keyboard.press("Escape")
        chat.wait_for(state="detached")
        page.keyboard.press("?")
        page.get_by_role("dialog", name="Keyboard shortcuts").wait_for()
        page.keyboard.press("Escape")
        page.get_by_role("dialog").wait_for(state="detached")
        page.evaluate("() => window.studio.page.prefer({singleKeys: false})")
        page.keyboard.press("p")
        assert page.get_by_role("complementary").count() == 0


def test_a_dialog_takes_the_focus_to_its_title_and_gives_it_back(chromium: Browser, address: str) -> None:
    with shoot.scene_page(chromium, address, "viewer_plain", "frame", "light") as page:
        page.get_by_role("button", name="Settings").focus()
        page.keyboard.press("Enter")
        page.get_by_role("dialog", name="Settings").wait_for()
        assert _focused(page) == "Settings"
        page.keyboard.press("Escape")
        page.get_by_role("dialog").wait_for(state="detached")
        assert page.evaluate("() => document.activeElement.tagName") == "BUTTON"
        assert _focused(page) == "Settings"


def test_the_place_takes_the_focus_of_a_control_that_vanished(chromium: Browser, address: str) -> None:
    with shoot.scene_page(chromium, address, "requested", "frame", "light") as page:
        page.get_by_role("button", name="Cancel request").focus()
        page.evaluate(
            """() => {
              const {store} = window.studio;
              const me = store.room.value.me;
              store.room.value = {...store.room.value, me: {...me, place: 'invited'}};
            }"""
        )
        page.wait_for_function("() => document.activeElement.id === 'place'")


def test_chat_turns_addresses_into_safe_links_and_markup_into_text(chromium: Browser, address: str) -> None:
    with shoot.scene_page(chromium, address, "viewer", "frame", "light") as page:
        text = "<img src=x onerror=alert(1)> https://example.org/a."
        page.evaluate(
            """(text) => window.studio.store.dispatch({kind: 'chat', chat:
              {seq: '9-9', from: 'p_x', name: '<b>Eve</b>', text, at: Date.now() / 1000}})""",
            text,
        )
        message = page.get_by_role("log").get_by_role("listitem").last
        assert "<img src=x onerror=alert(1)>" in message.inner_text()
        assert "<b>Eve</b>" in message.inner_text()
        link = message.get_by_role("link")
        assert link.get_attribute("href") == "https://example.org/a"
        assert link.get_attribute("rel") == "noopener noreferrer nofollow"


@pytest.mark.parametrize("size", ["frame", "wide", "phone", "narrow", "landscape"])
def test_the_page_never_scrolls_and_nothing_sticks_out(chromium: Browser, address: str, size: str) -> None:
    for scene in ("participants", "invitation_last", "twenty_five", "lost"):
        with shoot.scene_page(chromium, address, scene, size, "light") as page:
            assert page.evaluate(STICKING_OUT) == [], scene
            assert page.evaluate("() => document.scrollingElement.scrollHeight <= innerHeight"), scene
