"""The pages in a real Chromium: launchers, frames, postMessage, accessibility."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request
from playwright.sync_api import Browser, Frame, Page, Playwright
from werkzeug.serving import make_server

from lti_room.base.clock import FixedClock
from lti_room.devlms.app import create_app
from tests.support.stack import free_port, wait_until

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
TALK = """<!doctype html><html lang="en"><title>Tool</title><main><h1>Tool</h1></main><script>
window.answers = [];
window.addEventListener("message", (event) => answers.push(
  {origin: event.origin, fromParent: event.source === parent, data: event.data}));
window.say = (target, message, origin) =>
  (target === "_parent" ? parent : parent.frames[target]).postMessage(message, origin);
</script></html>"""


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Origins of the LMSs and of a tool whose login page only talks to the page around it."""
    tool = Flask("tool")
    seen: list[dict[str, Any]] = []

    @tool.route("/lti/login", methods=["GET", "POST"])
    def login() -> str:
        seen.append({"method": request.method, **request.values.to_dict()})
        return TALK

    tool.add_url_rule("/seen", "seen", lambda: json.dumps(seen))
    lms_port, tool_server = free_port(), make_server("127.0.0.1", 0, tool, threaded=True)
    found = {"lms": f"http://localhost:{lms_port}", "tool": f"http://127.0.0.1:{tool_server.server_port}"}
    data = tmp_path_factory.mktemp("data")
    app = create_app(base_url=found["lms"], tool_url=found["tool"], data=data, clock=FixedClock())
    servers = [make_server("127.0.0.1", lms_port, app, threaded=True), tool_server]
    threads = [threading.Thread(target=server.serve_forever, daemon=True) for server in servers]
    for thread in threads:
        thread.start()
    yield found
    for server, thread in zip(servers, threads, strict=True):
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def browser(driver: Playwright) -> Iterator[Browser]:
    chromium = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
    yield chromium
    chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    yield context.new_page()
    context.close()


def tool_frame(page: Page) -> Frame:
    """Wait for the tool's page in its frame."""
    page.frame_locator("main iframe:not([hidden])").get_by_role("heading", name="Tool").wait_for()
    return next(frame for frame in page.frames if frame.url.partition("?")[0].endswith("/lti/login"))


def ask(frame: Frame, target: str, message: dict[str, Any] | str, origin: str) -> dict[str, Any]:
    """Post a message from the tool and return the answer's event."""
    count = frame.evaluate("answers.length")
    frame.evaluate("([target, message, origin]) => say(target, message, origin)", [target, message, origin])
    wait_until(lambda: frame.evaluate("answers.length") > count, 5, f"an answer to {message}")
    answer: dict[str, Any] = frame.evaluate("answers.at(-1)")
    return answer


def open_course(page: Page, urls: dict[str, str], launcher: str) -> Frame:
    page.goto(f"{urls['lms']}/devlms/")
    page.click(f'[data-launch="{launcher}/frame"]')
    return tool_frame(page)


@pytest.mark.parametrize("lms", ["canvas", "moodle", "sakai"])
@pytest.mark.parametrize("link", ["link1", "link2"])
def test_launcher_opens_a_course_page_with_a_large_frame(
    page: Page, urls: dict[str, str], lms: str, link: str
) -> None:
    open_course(page, urls, f"{lms}/student1/{link}")
    assert f"/devlms/{lms}/course?" in page.url
    box = page.locator("main iframe:not([hidden])").bounding_box()
    assert box is not None
    assert box["width"] >= 900
    assert box["height"] >= (600 if lms == "moodle" else 650)
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    seen = json.loads(page.request.get(f"{urls['tool']}/seen").text())[-1]
    assert seen["method"] == ("GET" if lms == "sakai" else "POST")
    assert seen["iss"] == f"{urls['lms']}/devlms/{lms}"


def test_window_launch_opens_the_tool_at_the_top(page: Page, urls: dict[str, str]) -> None:
    page.goto(f"{urls['lms']}/devlms/")
    with page.context.expect_page() as opened:
        page.click('[data-launch="moodle/ta/link2/window"]')
    opened.value.get_by_role("heading", name="Tool").wait_for()
    assert opened.value.url == f"{urls['tool']}/lti/login"
    assert page.url.endswith("/devlms/")


def test_canvas_keeps_data_through_its_forwarding_frame(page: Page, urls: dict[str, str]) -> None:
    frame, lms = open_course(page, urls, "canvas/student1/link1"), urls["lms"]
    able = ask(frame, "_parent", {"subject": "lti.capabilities", "message_id": "1"}, "*")
    assert able["fromParent"]
    assert {"subject": "lti.put_data", "frame": "post_message_forwarding"} in able["data"][
        "supported_messages"
    ]
    put = {"subject": "lti.put_data", "message_id": "2", "key": "state", "value": "secret"}
    kept = ask(frame, "post_message_forwarding", put, lms)
    expected = {"subject": "lti.put_data.response", "message_id": "2", "key": "state", "value": "secret"}
    assert kept == {"origin": lms, "fromParent": False, "data": expected}
    get = {"subject": "lti.get_data", "message_id": "3", "key": "state"}
    assert ask(frame, "post_message_forwarding", get, lms)["data"]["value"] == "secret"
    assert ask(frame, "_parent", get, "*")["data"]["value"] == "secret"
    ask(frame, "post_message_forwarding", put | {"value": None}, lms)
    assert ask(frame, "post_message_forwarding", get, lms)["data"]["value"] is None
    full = ask(frame, "post_message_forwarding", put | {"value": "x" * 5000}, lms)
    assert full["data"]["error"]["code"] == "storage_exhaustion"
    odd = ask(frame, "_parent", {"subject": "lti.unheard", "message_id": "4"}, "*")
    assert odd["data"]["error"]["code"] == "unsupported_subject"


def test_sakai_keeps_data_in_the_portal_page(page: Page, urls: dict[str, str]) -> None:
    frame, lms = open_course(page, urls, "sakai/student1/link1"), urls["lms"]
    put = {"subject": "lti.put_data", "message_id": "1", "key": "state", "value": "secret"}
    assert ask(frame, "_parent", put, lms)["data"]["value"] == "secret"
    get = {"subject": "org.imsglobal.lti.get_data", "message_id": "2", "key": "state"}
    kept = ask(frame, "_parent", get, lms)
    assert kept["fromParent"]
    assert kept["data"]["subject"] == "org.imsglobal.lti.get_data.response"
    assert kept["data"]["value"] == "secret"
    missing = ask(frame, "_parent", get | {"key": "other"}, lms)
    assert isinstance(missing["data"]["error"], str)


def test_sakai_answers_direct_children_with_an_id_only(page: Page, urls: dict[str, str]) -> None:
    frame = open_course(page, urls, "sakai/student1/link1")
    page.evaluate("document.querySelector('iframe').removeAttribute('id')")
    frame.evaluate("say('_parent', {subject: 'lti.capabilities', message_id: 'unanswered'}, '*')")
    page.evaluate("document.querySelector('iframe').id = 'sakai-lti-iframe-42'")
    answer = ask(frame, "_parent", {"subject": "lti.capabilities", "message_id": "answered"}, "*")
    assert answer["data"]["message_id"] == "answered"
    assert frame.evaluate("answers.length") == 1


def test_moodle_answers_nothing(page: Page, urls: dict[str, str]) -> None:
    frame = open_course(page, urls, "moodle/student1/link1")
    frame.evaluate("say('_parent', {subject: 'lti.capabilities', message_id: '1'}, '*')")
    page.wait_for_timeout(300)
    assert frame.evaluate("answers") == []


@pytest.mark.parametrize(
    ("lms", "message"),
    [
        ("canvas", {"subject": "lti.frameResize", "height": 812}),
        ("sakai", {"subject": "lti.frameResize", "height": 812}),
        ("sakai", '{"subject": "lti.frameResize", "height": "812"}'),
    ],
)
def test_frame_takes_the_asked_height(
    page: Page, urls: dict[str, str], lms: str, message: dict[str, Any] | str
) -> None:
    frame = open_course(page, urls, f"{lms}/student1/link1")
    frame.evaluate("message => say('_parent', message, '*')", message)
    height = "document.querySelector('main iframe').getBoundingClientRect().height"
    wait_until(lambda: page.evaluate(height) == 812, 5, "the asked height")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_pages_have_no_accessibility_fault(
    browser: Browser, urls: dict[str, str], scheme: str, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)  # type: ignore[arg-type]  # a Literal
    page = context.new_page()
    paths = ["", *(f"{lms}/course?person=ta&link=link1" for lms in ("canvas", "moodle", "sakai"))]
    for path in [*paths, "canvas/courses/101/assignments"]:
        page.goto(f"{urls['lms']}/devlms/{path}")
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("axe.run(document, {iframes: false})")["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    context.close()


def test_start_page_works_with_the_keyboard(page: Page, urls: dict[str, str]) -> None:
    page.goto(f"{urls['lms']}/devlms/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.launch") == "canvas/instructor/link1/frame"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.launch") == "canvas/instructor/link1/window"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    tool_frame(page)
