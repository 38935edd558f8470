"""Every sentence of a server page is in every catalogue, and no page has one outside of them."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
import requests
from flask import Flask
from jinja2 import Environment, nodes
from markupsafe import escape

from lti_room.base import paths
from lti_room.lti.errors import LaunchError, LaunchErrorCode
from lti_room.web import WebDeps, errors, words

TEMPLATES = sorted(paths.assets("templates").rglob("*.html"))
PACKAGE = Path(words.__file__).parents[1]
PAGES = sorted([*PACKAGE.glob("web/**/*.py"), *(paths.assets("static") / "js/check").glob("*.js")])
"""Some of them choose between sentences, and name each in full."""
CODES = sorted({*LaunchErrorCode, *errors.STATUS})
READ_ALOUD = {"alt", "aria-description", "aria-label", "aria-valuetext", "label", "placeholder", "title"}
JARGON = re.compile(r"\b(please|bitte|tool|token|JWT|JWKS|claim|deployment|launch|issuer|user)\b", re.I)
LTI = re.compile(r"\bLTI\b")


def own(tag: str) -> set[str]:
    """The keys a language's own file has."""
    return set(words._flat(words.tomllib.loads((words.FOLDER / f"{tag}.toml").read_text("utf-8"))))


def asked_for() -> set[str]:
    """All keys that a template or an error code asks for."""
    by_template = {
        key for path in TEMPLATES for key in re.findall(r'language\.say\("([^"]+)"\)', path.read_text())
    }
    by_page = {
        key
        for path in PAGES
        for key in re.findall(r'"([a-z_]+(?:\.[a-z_]+)+)"', path.read_text())
        if key in own(words.FALLBACK) or key.startswith(("admin.", "check."))
    }
    names = {words.SAID_AS.get(code, code) for code in CODES}
    return {
        "direction",
        *by_template,
        *by_page,
        *(f"error.{name}.{part}" for name in names for part in ("title", "advice")),
    }


@pytest.mark.parametrize("tag", words.LANGUAGES)
def test_every_language_has_every_sentence_and_none_too_many(tag: str) -> None:
    assert own(tag) == asked_for()


@pytest.mark.parametrize("tag", words.LANGUAGES)
@pytest.mark.parametrize("code", CODES)
def test_every_code_says_what_happened_and_what_to_do(tag: str, code: str) -> None:
    said = words.LANGUAGES[tag].error(code)
    assert said.title
    assert said.title[-1] not in ".!…"
    assert said.advice.endswith(".")
    assert not JARGON.search(f"{said.title} {said.advice}")
    assert not LTI.search(said.title)
    assert code == "lti_version" or not LTI.search(said.advice)
    if code != "bad_request" and words.SAID_AS.get(code) != "bad_request":
        assert said != words.LANGUAGES[tag].error("bad_request")


@pytest.mark.parametrize("tag", [tag for tag in words.LANGUAGES if tag != words.FALLBACK])
def test_a_translation_is_one(tag: str) -> None:
    english, other = words.LANGUAGES[words.FALLBACK], words.LANGUAGES[tag]
    alike = {key for key in english.sentences if other.say(key) == english.say(key)}
    assert alike <= {"direction", "page.code"}


def test_every_code_raised_towards_a_page_has_its_status() -> None:
    """Those raised by name; launch errors and the refusals of commands have tables of their own."""
    raised = {
        code
        for folder in ("usecases", "web")
        for path in (PACKAGE / folder).glob("*.py")
        for code in re.findall(r'(?:AppError|TicketError|super\(\).__init__)\(\s*"(\w+)"', path.read_text())
    }
    assert {"bad_host", "internal_error", "ticket_expired"} <= raised
    assert raised <= set(errors.STATUS)


def texts(template: str) -> Iterator[str]:
    """What a template says by itself: text nodes, attributes read aloud, and written-out expressions."""
    environment = Environment(autoescape=True)
    tree = environment.parse(template)
    for output in tree.find_all(nodes.Output):
        yield from (str(node.value) for node in output.nodes if isinstance(node, nodes.Const))
    data = "".join(text for _, kind, text in environment.lex(template) if kind == "data")
    found: list[str] = []

    class Reader(HTMLParser):
        within = ""

        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            self.within = tag
            found.extend(value or "" for name, value in attributes if name in READ_ALOUD)

        def handle_data(self, data: str) -> None:
            if self.within not in ("script", "style"):
                found.append(data)

    Reader().feed(data)
    yield from found


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_speaks_by_itself(path: Path) -> None:
    assert [text for text in texts(path.read_text()) if re.search(r"[^\W\d_]", text)] == []


@pytest.mark.parametrize(
    "template",
    ["<p>Hello</p>", '<a title="Hello">{{ x }}</a>', "<p>{{ 'Hello' }}</p>", "{% if x %}Hello{% endif %}"],
)
def test_that_test_sees(template: str) -> None:
    assert "Hello" in list(texts(template))


def test_no_script_of_these_pages_speaks() -> None:
    for folder in ("lti", "pages"):
        for path in (paths.assets("static") / "js" / folder).glob("*.js"):
            assert not re.search(r"textContent|innerText|innerHTML|\balert\(|\.title\b", path.read_text())


@pytest.mark.parametrize(
    ("wished", "tag"),
    [
        (None, "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("fr-FR, fr;q=0.9, de;q=0.5, en;q=0.3", "de"),
        ("en-GB,en;q=0.9,de;q=0.8", "en"),
        ("fr", "en"),
        ("*", "en"),
        ("de;q=0", "en"),
        ("x" * 300 + ";q=nonsense,,", "en"),
    ],
)
def test_a_page_speaks_the_language_the_browser_asks_for(site: str, wished: str | None, tag: str) -> None:
    page = requests.get(f"{site}/nothing", headers={"Accept-Language": wished or ""}, timeout=5)
    said = words.LANGUAGES[tag].error("not_found")
    assert f'<html lang="{tag}" dir="ltr">' in page.text
    assert f"<h1>{escape(said.title)}</h1>" in page.text
    assert str(escape(words.LANGUAGES[tag].say("page.support"))) in page.text


def test_the_course_page_is_told_in_the_same_language(app: Flask, deps: WebDeps) -> None:
    def view() -> str:
        error = LaunchError(LaunchErrorCode.LTI_VERSION)
        error.return_url = "https://school.example/course"
        raise error

    app.add_url_rule("/boom", "boom", view)
    page = app.test_client().get(
        "/boom", base_url=deps.settings.public_url, headers={"Accept-Language": "de"}
    )
    assert "lti_errormsg=Ihre+Kursplattform" in page.text
    assert "lti_errorlog=lti_version+" in page.text


def test_a_language_of_the_other_direction_and_not_yet_complete(
    app: Flask, deps: WebDeps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "en.toml").write_text((words.FOLDER / "en.toml").read_text("utf-8"), "utf-8")
    (tmp_path / "he.toml").write_text(
        'direction = "rtl"\n[error.not_found]\ntitle = "אין כאן כלום"\n', "utf-8"
    )
    monkeypatch.setattr(words, "LANGUAGES", words.load(tmp_path))
    page = app.test_client().get(
        "/nothing", base_url=deps.settings.public_url, headers={"Accept-Language": "he-IL"}
    )
    assert '<html lang="he" dir="rtl">' in page.text
    assert "אין כאן כלום" in page.text
    assert "support desk" in page.text
