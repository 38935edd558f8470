"""The hand-off in a real Chromium: an LMS on localhost, the tool on 127.0.0.1, which are two sites."""

import base64
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import BrowserContext, Frame, Locator, Page, Playwright

from lti_room.base.clock import SystemClock
from lti_room.base.redis_client import Redis, connect
from lti_room.base.settings import Settings
from lti_room.web import WebDeps
from tests.support import web
from tests.support.browser import launch
from tests.support.stack import free_port, wait_until
from tests.web.lms import add_launches, course_pages

pytestmark = pytest.mark.browser

STATIC = Path(__file__).parents[2] / "static"
PAGE = Path(__file__).parent / "handoff_page"
MODES = {
    "blocked": {"third_party_cookies": False},
    "allowed": {"third_party_cookies": True},
    "none": {"all_cookies_blocked": True},
}


@dataclass(frozen=True)
class Site:
    """The running pages: `tool` and `lms` are origins, `told` what the page's beacons said."""

    tool: str
    lms: str
    other_lms: str
    deps: WebDeps
    told: list[str]

    def course(self, *people: str) -> str:
        return f"{self.lms}/course?{urlencode({'people': ','.join(people)})}"

    def top(self, person: str) -> str:
        return f"{self.tool}/test/login?{urlencode({'sub': person})}"


@pytest.fixture(scope="module")
def site(redis_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    static = tmp_path_factory.mktemp("static")
    shutil.copytree(PAGE, static / "js")
    shutil.copytree(STATIC / "js" / "wire", static / "js" / "wire")
    redis: Redis = connect(redis_settings.effective_redis_url)
    redis.flushall()
    ports = [free_port() for _ in range(3)]
    tool, lms = f"http://127.0.0.1:{ports[0]}", f"http://localhost:{ports[1]}"
    deps = web.web_deps(redis, web.settings(PUBLIC_URL=tool), clock=SystemClock(), static=static)
    app, told = web.create_app(deps), list[str]()
    add_launches(app, deps, lms, told)
    with (
        web.serving(app, ports[0]),
        web.serving(course_pages(tool), ports[1]),
        web.serving(course_pages(tool), ports[2]),
    ):
        yield Site(tool, lms, f"http://localhost:{ports[2]}", deps, told)
    redis.close()


@pytest.fixture(scope="module", params=list(MODES))
def any_mode(driver: Playwright, request: pytest.FixtureRequest) -> Iterator[tuple[str, BrowserContext]]:
    with launch(driver, **MODES[request.param]) as context:
        yield request.param, context


@pytest.fixture(scope="module")
def browser(driver: Playwright) -> Iterator[BrowserContext]:
    with launch(driver) as context:
        yield context


@pytest.fixture
def page(browser: BrowserContext) -> Iterator[Page]:
    opened = browser.new_page()
    yield opened
    for other in browser.pages[1:]:
        other.close()


def app_of(where: Page | Frame) -> Locator:
    return where.locator("#app[data-who], #app[data-failed]")


def who(where: Page | Frame) -> str | None:
    """Return whose page this is; None if it was refused."""
    app_of(where).wait_for(timeout=8000, state="attached")
    return where.locator("#app").get_attribute("data-who")


def frame(page: Page, name: str) -> Frame:
    def look() -> Frame | None:
        page.wait_for_timeout(20)
        return page.frame(name)

    return wait_until(look, 5, f"the frame {name}")


def urls_after(page: Page, frames: int) -> list[str]:
    """Return the addresses of all frames once there are that many and each shows something."""

    def look() -> list[str]:
        page.wait_for_timeout(50)
        urls = [one.url for one in page.frames]
        return urls if len(urls) == frames and not {"", "about:blank", ":"} & set(urls) else []

    return wait_until(look, 5, f"{frames} frames")


def stored_ticket(where: Page | Frame) -> dict[str, str]:
    """Return the claims of the ticket the page keeps."""
    text = where.evaluate("history.state.ticket")
    body = text.split(".")[1]
    claims: dict[str, str] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return claims


def click(page: Page, target: Locator) -> None:
    """Click as a hand does: a call into the page would count as the person's own action by itself."""
    box = target.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_the_browser_has_the_settings_people_have(site: Site, browser: BrowserContext) -> None:
    """Storage of a frame is partitioned; between two windows of one site messages do arrive."""
    top, second, course = browser.new_page(), browser.new_page(), browser.new_page()
    top.goto(site.top("noah"))
    second.goto(site.top("noah"))
    course.goto(site.course("noah"))
    listen = "window.heard = []; new BroadcastChannel('x').onmessage = (e) => heard.push(e.data); 0"
    for where in (second, frame(course, "noah")):
        who(where)
        where.evaluate(listen)
    top.evaluate("new BroadcastChannel('x').postMessage('hello')")
    wait_until(lambda: second.evaluate("window.heard") == ["hello"], 5, "the message in the second window")
    assert frame(course, "noah").evaluate("window.heard") == []
    for opened in (top, second, course):
        opened.close()


@pytest.mark.parametrize("framed", [True, False])
def test_rule_01_the_fragment_arrives_in_every_cookie_mode(
    site: Site, any_mode: tuple[str, BrowserContext], framed: bool
) -> None:
    mode, context = any_mode
    page = context.new_page()
    page.goto(site.course("noah") if framed else site.top("noah"))
    room = frame(page, "noah") if framed else page
    assert who(room) == "noah"
    assert ("cookie" in stored_ticket(room)) is (mode != "none")
    room.evaluate("location.reload()")
    page.wait_for_timeout(300)
    assert who(room) == "noah"
    page.close()


def test_rule_02_a_bound_ticket_is_worth_nothing_in_another_browser(
    site: Site, page: Page, driver: Playwright
) -> None:
    page.goto(site.top("noah"))
    who(page)
    stolen = f"{page.url}#{page.evaluate('history.state.ticket')}"
    with launch(driver) as thief:
        there = thief.new_page()
        there.goto(stolen)
        assert who(there) is None
        assert there.locator("#app").get_attribute("data-failed") == "ticket_invalid"


def test_rule_04_the_address_is_clean_and_only_the_history_state_keeps_the_ticket(
    site: Site, page: Page
) -> None:
    page.goto(site.course("noah"))
    room = frame(page, "noah")
    who(room)
    assert room.evaluate("location.hash + location.search") == ""
    assert "#" not in room.url
    assert room.evaluate("sessionStorage.length + localStorage.length") == 0
    assert room.evaluate("Object.keys(history.state)") == ["ticket"]
    assert room.evaluate("document.cookie") == ""


def test_rule_04_reload_and_the_courses_back_button(site: Site, page: Page) -> None:
    page.goto(site.top("noah"))
    first = who(page)
    for _ in range(2):
        page.reload()
        assert who(page) == first
    connection = page.locator("#app").get_attribute("data-connection")
    page.goto(f"{site.lms}/elsewhere")
    wait_until(lambda: f"{connection} hide" in site.told, 5, "the goodbye")
    before = len(site.told)
    page.evaluate("history.back()")
    # A page from the cache is invisible to the driver: the server sees it come back, or boot again.
    back = wait_until(lambda: site.told[before:], 5, "the way back")
    assert back[0] == f"{connection} show" or back[0].endswith("here noah")


def test_rule_05_a_hash_set_later_is_put_back_and_never_read(site: Site, page: Page) -> None:
    attacker = site.deps.enter.enter(web.a_launch(sub="mallory", name="mallory"), {})
    page.goto(site.top("noah"))
    who(page)
    page.evaluate(f"location.hash = '{attacker.ticket_text}'")
    wait_until(lambda: "#" not in page.url, 5, "the clean address")
    page.reload()
    assert who(page) == "noah"
    assert page.evaluate("history.state.ticket") != attacker.ticket_text


def test_rule_05_a_frames_parent_may_set_the_hash(site: Site, page: Page) -> None:
    attacker = site.deps.enter.enter(web.a_launch(sub="mallory", name="mallory"), {})
    page.goto(site.course("noah"))
    room = frame(page, "noah")
    who(room)
    target = json.dumps(f"{room.url}#{attacker.ticket_text}")
    page.evaluate(f"document.querySelector('iframe').contentWindow.location.replace({target})")
    wait_until(lambda: room.evaluate("location.hash") == "", 5, "the clean address")
    room.evaluate("location.reload()")
    page.wait_for_timeout(300)
    assert who(frame(page, "noah")) == "noah"


def test_rule_05_back_over_a_hash_keeps_the_newest_ticket(site: Site, page: Page) -> None:
    page.goto(site.top("noah"))
    who(page)
    page.evaluate("location.hash = 'main'")
    wait_until(lambda: "#" not in page.url, 5, "the clean address")
    page.evaluate("handoff.accept({ticket: 'new.er.ticket', resume: 'x'})")
    page.evaluate("history.back()")
    wait_until(lambda: page.evaluate("history.state?.ticket") == "new.er.ticket", 5, "the newest ticket")


def test_rule_06_two_frames_two_people_no_mix_up(site: Site, page: Page) -> None:
    page.goto(site.course("noah", "elena"))
    assert [who(frame(page, name)) for name in ("noah", "elena")] == ["noah", "elena"]
    for name in ("elena", "noah"):
        frame(page, name).evaluate("location.reload()")
    page.wait_for_timeout(400)
    assert [who(frame(page, name)) for name in ("noah", "elena")] == ["noah", "elena"]
    page.reload()
    assert [who(frame(page, name)) for name in ("noah", "elena")] == ["noah", "elena"]


def test_rule_07_after_leave_a_reload_brings_nobody_back(site: Site, page: Page) -> None:
    page.goto(site.top("noah"))
    who(page)
    page.evaluate("handoff.leave()")
    assert page.evaluate("history.state") is None
    page.reload()
    assert who(page) is None
    assert page.locator("#app").get_attribute("data-failed") == "ticket_invalid"


def test_rule_07_a_sleeper_comes_back_with_the_resume_secret(site: Site, page: Page) -> None:
    page.goto(site.top("noah"))
    who(page)
    before = page.evaluate("handoff.current()")
    after = page.evaluate("handoff.resume().then(() => handoff.current())")
    assert after["ticket"] != before["ticket"]
    assert after["connection"] == before["connection"]
    page.reload()
    assert who(page) == "noah"


def test_rule_08_a_page_put_aside_says_so_and_comes_back_from_the_cache(site: Site, page: Page) -> None:
    page.goto(site.course("noah"))
    room = frame(page, "noah")
    who(room)
    connection = room.locator("#app").get_attribute("data-connection")
    page.goto(f"{site.lms}/elsewhere")
    wait_until(lambda: f"{connection} hide" in site.told, 5, "the goodbye")
    page.evaluate("history.back()")
    wait_until(lambda: f"{connection} show" in site.told, 5, "the page from the cache")


def test_rule_11_the_course_may_show_the_room_and_nobody_else(site: Site, page: Page) -> None:
    page.goto(site.course("noah"))
    room = frame(page, "noah")
    assert who(room) == "noah"
    address = room.url
    page.goto(f"{site.lms}/show?{urlencode({'address': address})}")
    assert urls_after(page, 2)[1] == address
    page.goto(f"{site.other_lms}/show?{urlencode({'address': address})}")
    assert urls_after(page, 2)[1].startswith("chrome-error:")
    nested = f"{site.lms}/show?{urlencode({'address': address})}"
    page.goto(f"{site.other_lms}/show?{urlencode({'address': nested})}")
    assert urls_after(page, 3)[1:] == [nested, "chrome-error://chromewebdata/"]


@pytest.mark.parametrize("control", ["button", "a"])
def test_rule_13_open_in_a_new_window(site: Site, page: Page, control: str) -> None:
    page.goto(site.course("noah"))
    room = frame(page, "noah")
    who(room)
    with page.context.expect_page() as opening:
        click(page, room.locator(control))
    window = opening.value
    assert who(window) == "noah"
    assert window.locator("#app").get_attribute("data-page") == "window"
    assert "#" not in window.url
    assert window.evaluate("opener") is None
    assert window.locator("#app").get_attribute("data-connection") != room.locator("#app").get_attribute(
        "data-connection"
    )
    window.reload()
    assert who(window) == "noah"
    # A binding of its own: top-level cookies are another partition.
    window.reload()
    assert who(window) == "noah"
    assert stored_ticket(window)["cookie"] != stored_ticket(room)["cookie"]


def test_rule_13_the_windows_do_not_know_each_other(site: Site, page: Page) -> None:
    page.goto(site.top("noah"))
    who(page)
    with page.context.expect_page() as opening:
        click(page, page.locator("button"))
    assert who(opening.value) == "noah"
    assert opening.value.evaluate("opener") is None


def test_rule_13_without_a_click_the_browser_blocks_the_window(site: Site, page: Page) -> None:
    page.goto(site.course("noah"))
    room = frame(page, "noah")
    who(room)
    opened = len(page.context.pages)
    room.evaluate("setTimeout(() => handoff.openWindow(() => Promise.resolve()), 7000)")
    page.wait_for_timeout(8000)
    assert len(page.context.pages) == opened


def test_rule_13_an_old_code_opens_nothing(site: Site, page: Page) -> None:
    page.goto(site.top("noah"))
    who(page)
    room = page.url
    other = page.context.new_page()
    other.goto(f"{room}#w={'A' * 22}")
    assert who(other) is None
    assert "#" not in other.url


def test_rule_15_only_our_own_socket(site: Site, page: Page) -> None:
    page.goto(site.top("noah"))
    who(page)
    own = site.tool.replace("http", "ws")
    page.evaluate(f"void new WebSocket('{own}/socket')")
    page.wait_for_timeout(200)
    assert page.locator("#app").get_attribute("data-violation") is None
    other = site.other_lms.replace("http", "ws")
    page.evaluate(f"try {{ new WebSocket('{other}/') }} catch {{}}")
    wait_until(
        lambda: page.locator("#app").get_attribute("data-violation") == "connect-src", 5, "the violation"
    )


def test_rule_16_without_a_ticket_the_page_says_so(site: Site, page: Page) -> None:
    room = site.deps.enter.enter(web.a_launch(), {}).room
    for address in (f"/rooms/{room}", f"/rooms/{room}#main", f"/rooms/r_{'a' * 16}"):
        page.goto(site.tool + address)
        assert who(page) is None
        assert page.locator("#app").get_attribute("data-failed") == "ticket_invalid"
        page.goto("about:blank")


def test_rule_16_a_ticket_of_another_room_opens_nothing_here(site: Site, page: Page) -> None:
    here = site.deps.enter.enter(web.a_launch(), {})
    there = site.deps.enter.enter(web.a_launch(link=web.Link("other", "Other")), {})
    page.goto(f"{site.tool}/rooms/{here.room}#{there.ticket_text}")
    assert who(page) is None


def test_the_console_stays_silent(site: Site, page: Page) -> None:
    lines: list[str] = []
    page.on("console", lambda message: lines.append(message.text))
    page.goto(site.course("noah"))
    who(frame(page, "noah"))
    assert lines == []
