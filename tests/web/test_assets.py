"""Static files: kept for ever under the build's address, compressed once, in the right order."""

import gzip
from pathlib import Path

import pytest
import requests
from flask import Flask

from lti_room.web import WebDeps
from lti_room.web.assets import Assets, blueprint


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "js/room.js": 'import { a } from "./ui/a.js";\nimport "./b.js";\nexport * from "../vendor/v.js";\n'
        + "//" * 500,
        "js/ui/a.js": 'import {\n  c,\n} from "../wire/c.js";\nimport { b } from "../b.js";\n'
        'const d = () => import("./late.js");',
        "js/ui/late.js": "",
        "js/b.js": "",
        "js/wire/c.js": "const text = \"import x from './no.js'\";",
        "js/lti/login.js": "",
        "vendor/v.js": "",
        "css/zebra.css": "",
        "css/pages/own.css": "",
        "css/base.css": "",
        "css/page.css": "",
        "css/tokens.css": "",
        "css/button.css": "",
        "pictures/dot.svg": "<svg/>",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def assets(folder: Path) -> Assets:
    return Assets(folder)


def names(assets: Assets, addresses: list[str]) -> list[str]:
    return [address.removeprefix(f"/static/{assets.build}/") for address in addresses]


def test_modules_are_what_the_entry_imports(assets: Assets) -> None:
    found = names(assets, assets.modules("js/room.js"))
    assert found == ["js/room.js", "js/ui/a.js", "js/b.js", "vendor/v.js", "js/wire/c.js"]


def test_styles_stand_in_a_fixed_order(assets: Assets) -> None:
    room = ["css/tokens.css", "css/base.css", "css/button.css", "css/zebra.css"]
    assert names(assets, assets.room_styles()) == room
    page = ["css/tokens.css", "css/base.css", "css/button.css", "css/page.css"]
    assert names(assets, assets.page_styles()) == page
    assert names(assets, assets.page_styles("zebra", "own")) == [*page, "css/zebra.css", "css/pages/own.css"]


@pytest.mark.parametrize("change", ["content", "name"])
def test_any_change_is_another_build(folder: Path, assets: Assets, change: str) -> None:
    assert Assets(folder).build == assets.build
    target = folder / "js" / "b.js"
    if change == "content":
        target.write_text("1")
    else:
        target.rename(folder / "js" / "bb.js")
    assert Assets(folder).build != assets.build


@pytest.fixture
def files_site(assets: Assets) -> Flask:
    app = Flask(__name__, static_folder=None)
    app.register_blueprint(blueprint(assets))
    return app


def test_kept_for_ever_and_typed(files_site: Flask, assets: Assets) -> None:
    answer = files_site.test_client().get(assets.address("js/room.js"))
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert files_site.test_client().get(assets.address("pictures/dot.svg")).mimetype == "image/svg+xml"


def test_compressed_where_it_is_understood_and_worth_it(
    files_site: Flask, assets: Assets, folder: Path
) -> None:
    client = files_site.test_client()
    zipped = client.get(assets.address("js/room.js"), headers={"Accept-Encoding": "br, gzip"})
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.data) == (folder / "js" / "room.js").read_bytes()
    for address, accepted in (("js/room.js", "gzip;q=0"), ("js/room.js", ""), ("js/b.js", "gzip")):
        plain = client.get(assets.address(address), headers={"Accept-Encoding": accepted})
        assert "Content-Encoding" not in plain.headers


def test_a_page_of_an_older_build_is_served_but_not_kept(files_site: Flask) -> None:
    answer = files_site.test_client().get("/static/0123456789ab/js/room.js")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")


@pytest.mark.parametrize(
    "name", ["../pyproject.toml", "js/../../pyproject.toml", "js", "js/", "%2e%2e/x", "nothing.js"]
)
def test_only_what_is_in_the_folder(site: str, deps: WebDeps, name: str) -> None:
    assert requests.get(f"{site}/static/{deps.assets.build}/{name}", timeout=5).status_code == 404


def test_a_static_answer_keeps_its_headers_in_the_real_app(site: str, deps: WebDeps) -> None:
    answer = requests.get(site + deps.assets.address("css/tokens.css"), timeout=5)
    assert answer.headers["Cache-Control"].endswith("immutable")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
