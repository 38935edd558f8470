"""A real Chromium with the browser settings people have, not those of test drivers.

Playwright switches storage partitioning, the back/forward cache and the pop-up blocker off: just what a
room in a frame must live with. They are put back on here; one test holds that they really are.
"""

import contextlib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import playwright
from playwright.sync_api import BrowserContext, Playwright

CHROMIUM: Final = "/usr/bin/chromium"

_TOO_HELPFUL: Final = (
    "--disable-popup-blocking",
    "--disable-back-forward-cache",
    "--disable-field-trial-config",
)


_PARTITIONING: Final = "ThirdPartyStoragePartitioning"


@contextlib.contextmanager
def launch(
    driver: Playwright,
    *,
    fake_media: bool = False,
    video_file: Path | None = None,
    audio_file: Path | None = None,
    third_party_cookies: bool = False,
    all_cookies_blocked: bool = False,
    nothing_kept_for: tuple[str, str] | None = None,
    dark: bool = False,
    phone: bool = False,
    width: int = 900,
    height: int = 650,
    args: tuple[str, ...] = (),
) -> Iterator[BrowserContext]:
    """Start a Chromium with a profile of its own and yield its context.

    Args:
        driver: a started Playwright.
        fake_media: pretend there are a camera and a microphone, allowed without asking.
        video_file: what the camera shows (.y4m or .mjpeg); `fake_media` is then on.
        audio_file: what the microphone hears (.wav); `fake_media` is then on.
        third_party_cookies: whether a page of another site in a frame gets unpartitioned cookies.
        all_cookies_blocked: no cookie and no storage at all.
        nothing_kept_for: an origin that gets neither, and the origin inside whose pages; `*` for all pages.
        dark: prefer the dark colours.
        phone: a touch screen of this size, and nothing else to point with.
        width: of the page, in CSS pixels.
        height: of the page.
        args: more switches.
    """
    features = _disabled_features()
    with TemporaryDirectory(prefix="lti-room-chromium-", ignore_cleanup_errors=True) as folder:
        _write_preferences(Path(folder), third_party_cookies, all_cookies_blocked, nothing_kept_for)
        context = driver.chromium.launch_persistent_context(
            folder,
            executable_path=CHROMIUM,
            headless=True,
            args=[
                "--no-sandbox",
                _switch(feature for feature in features if feature != _PARTITIONING),
                *_media_switches(fake_media, video_file, audio_file),
                *args,
            ],
            ignore_default_args=[_switch(features), *_TOO_HELPFUL],
            color_scheme="dark" if dark else "light",
            viewport={"width": width, "height": height},
            screen={"width": width, "height": height} if phone else None,
            has_touch=phone,
            is_mobile=phone,
        )
        try:
            yield context
        finally:
            context.close()


def _media_switches(fake: bool, video: Path | None, audio: Path | None) -> list[str]:
    if not (fake or video or audio):
        return []
    switches = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    if video:
        switches.append(f"--use-file-for-fake-video-capture={video}")
    if audio:
        switches.append(f"--use-file-for-fake-audio-capture={audio}")
    return switches


def _write_preferences(
    folder: Path, third_party: bool, none_at_all: bool, nothing_for: tuple[str, str] | None
) -> None:
    """0 allows third-party cookies, 1 blocks them; content setting 2 blocks every cookie."""
    profile: dict[str, object] = {
        "cookie_controls_mode": 0 if third_party else 1,
        "block_third_party_cookies": not third_party,
    }
    if none_at_all:
        profile["default_content_setting_values"] = {"cookies": 2}
    if nothing_for:
        exceptions = {"cookies": {",".join(nothing_for): {"setting": 2}}}
        profile["content_settings"] = {"exceptions": exceptions}
    target = folder / "Default" / "Preferences"
    target.parent.mkdir(parents=True)
    target.write_text(json.dumps({"profile": profile}))


def _disabled_features() -> tuple[str, ...]:
    """Return the features the driver switches off, in its order: only an exact match is left out."""
    bundle = Path(playwright.__file__).parent / "driver" / "package" / "lib" / "coreBundle.js"
    found = re.search(r"disabledFeatures = \[(.*?)\]\.filter", bundle.read_text(), re.DOTALL)
    if found is None:
        raise AssertionError("the driver lists its switches elsewhere now: look for chromiumSwitches")
    return tuple(re.findall(r'^\s*"(\w+)"', found[1], re.MULTILINE))


def _switch(features: Iterable[str]) -> str:
    return "--disable-features=" + ",".join(features)
