"""Take pictures of every scene of the gallery, and run axe over them.

python tests/js/gallery/shoot.py [--out FOLDER] [--axe] [--only SCENE ...] [--sizes frame wide phone]
"""

import argparse
import contextlib
import http.server
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page, Playwright, sync_playwright

ROOT: Final = Path(__file__).resolve().parents[3]
GALLERY: Final = ROOT / "tests/js/gallery"
SIZES: Final = {
    "frame": (900, 650),
    "wide": (1440, 900),
    "phone": (390, 844),
    "narrow": (600, 700),
    "landscape": (844, 390),
}
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "media-src 'self' blob: mediastream:; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
TYPES: Final = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".html": "text/html; charset=utf-8",
}
_FIRST: Final = ("tokens.css", "base.css")


def _index() -> bytes:
    names = sorted((p.name for p in (ROOT / "static/css").glob("*.css")), key=lambda n: (n not in _FIRST, n))
    ordered = [*_FIRST, *(n for n in names if n not in _FIRST and n != "page.css")]
    links = "\n".join(f'<link rel="stylesheet" href="/static/css/{name}">' for name in ordered)
    return (GALLERY / "index.html").read_text().replace("<!-- styles -->", links).encode()


class _Files(http.server.BaseHTTPRequestHandler):
    """The static files and the gallery, under the content policy of the room."""

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if path == "/":
            self._answer(200, "text/html; charset=utf-8", _index())
            return
        file = (ROOT / path.lstrip("/")).resolve()
        allowed = any(file.is_relative_to(ROOT / part) for part in ("static", "tests/js"))
        if not allowed or not file.is_file():
            self._answer(404, "text/plain", b"")
            return
        self._answer(200, TYPES.get(file.suffix, "application/octet-stream"), file.read_bytes())

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextlib.contextmanager
def served() -> Iterator[str]:
    """Serve the gallery on a free port and yield its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Files)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def scenes() -> list[str]:
    """Return the names of all scenes."""
    text = (GALLERY / "scenes.js").read_text()
    body = text[text.index("export const SCENES") :]
    return re.findall(r"^  (\w+): \(studio\)", body, re.MULTILINE)


@contextlib.contextmanager
def scene_page(
    browser: Browser, address: str, scene: str, size: str, theme: str, *, still: bool = False
) -> Iterator[Page]:
    """Open one scene; complaints of the page fail it."""
    width, height = SIZES[size]
    phone = size in ("phone", "landscape")
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if theme == "dark" else "light",
        has_touch=phone,
        reduced_motion="reduce" if still else "no-preference",
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto(f"{address}?scene={scene}&theme={theme}&phone={int(phone)}")
    page.wait_for_selector("body[data-scene=ready]")
    page.wait_for_timeout(700)
    try:
        yield page
    finally:
        context.close()
    if complaints:
        raise AssertionError(f"{scene} {size} {theme}: {complaints}")


def start(driver: Playwright) -> Browser:
    """Start a Chromium that shows painted people without a click."""
    return driver.chromium.launch(
        executable_path="/usr/bin/chromium",
        args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
    )


def violations(page: Page) -> list[str]:
    """Return what axe finds wrong, one line each."""
    page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text())
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {node['target']} {node['failureSummary'].splitlines()[-1].strip()}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def main() -> None:
    """Shoot what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "tests/artifacts/gallery")
    parser.add_argument("--axe", action="store_true")
    parser.add_argument("--only", nargs="*", default=None)
    parser.add_argument("--sizes", nargs="*", default=["frame", "wide", "phone"])
    parser.add_argument("--themes", nargs="*", default=["light", "dark"])
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    with served() as address, sync_playwright() as driver:
        browser = start(driver)
        wrong: dict[str, list[str]] = {}
        for scene in asked.only or scenes():
            for size in asked.sizes:
                for theme in asked.themes:
                    with scene_page(browser, address, scene, size, theme, still=asked.axe) as page:
                        page.screenshot(path=asked.out / f"{scene}-{size}-{theme}.png")
                        found = violations(page) if asked.axe else []
                    if found:
                        wrong[f"{scene} {size} {theme}"] = found
        browser.close()
    print(json.dumps(wrong, indent=1))
    if wrong:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
