"""Takes the README's pictures of the real program: `python -m tests.browser.pictures`.

Six people enter a room from emulated courses. Their cameras show drawn portraits, so that no real
person has to.
"""

import base64
import contextlib
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, Playwright, sync_playwright

from tests.support.browser import CHROMIUM
from tests.support.faces import Face
from tests.support.person import Person, a_person
from tests.support.stack import Stack

TARGET = Path(__file__).parents[2] / "config" / "pictures"
WIDTH, HEIGHT = 640, 360

DRAW = """([wall, skin, hair, shirt, long, plant]) => {
  const pen = new OffscreenCanvas(640, 360).getContext('2d');
  const blob = (colour, ...rest) => {
    pen.fillStyle = colour;
    pen.beginPath();
    pen.ellipse(...rest);
    pen.fill();
  };
  const box = (colour, ...rest) => { pen.fillStyle = colour; pen.fillRect(...rest); };
  box(wall, 0, 0, 640, 360);
  box('rgb(0 0 0 / .06)', 0, 300, 640, 60);
  if (plant) {
    for (const [x, y, turn] of [[545, 190, .5], [575, 165, -.4], [560, 130, .1]])
      blob('#6c8f73', x, y, 16, 46, turn, 0, 7);
    box('#4f7257', 557, 170, 5, 130);
  } else {
    box('#ffffff', 470, 50, 96, 70);
    box('#cfc6b4', 480, 60, 76, 50);
  }
  if (long) blob(hair, 320, 190, 86, 130, 0, 0, 7);
  blob(shirt, 320, 372, 138, 110, 0, 0, 7);
  box(skin, 294, 215, 52, 62);
  blob('rgb(0 0 0 / .12)', 320, 236, 26, 12, 0, 0, 7);
  blob(hair, 320, 128, 76, 80, 0, 0, 7);
  blob(skin, 320, 158, 62, 76, 0, 0, 7);
  blob(hair, 320, 96, 62, 32, 0, 0, 7);
  blob('#2a211d', 298, 156, 5, 6, 0, 0, 7);
  blob('#2a211d', 342, 156, 5, 6, 0, 0, 7);
  pen.strokeStyle = '#8a3f35';
  pen.lineWidth = 4;
  pen.beginPath();
  pen.arc(320, 186, 18, .25, Math.PI - .25);
  pen.stroke();
  const rgba = pen.getImageData(0, 0, 640, 360).data;
  const luma = 640 * 360;
  const out = new Uint8Array(luma * 1.5);
  for (let y = 0; y < 360; y += 1) for (let x = 0; x < 640; x += 1) {
    const at = 4 * (y * 640 + x);
    const [r, g, b] = [rgba[at], rgba[at + 1], rgba[at + 2]];
    out[y * 640 + x] = 16 + (65.738 * r + 129.057 * g + 25.064 * b) / 256;
    if (y % 2 || x % 2) continue;
    const half = (y / 2) * 320 + x / 2;
    out[luma + half] = 128 + (-37.945 * r - 74.494 * g + 112.439 * b) / 256;
    out[luma * 1.25 + half] = 128 + (112.439 * r - 94.154 * g - 18.285 * b) / 256;
  }
  let text = '';
  for (let at = 0; at < out.length; at += 8192) text += String.fromCharCode(...out.subarray(at, at + 8192));
  return btoa(text);
}"""


@dataclass(frozen=True)
class Portrait(Face):
    """A drawn person: colours of wall, skin, hair and shirt, long hair or not, plant or picture."""

    look: tuple[object, ...] = ()

    def files(self, folder: Path) -> tuple[Path, Path]:
        """Return the drawn video and a silent-ish voice."""
        _, audio = Face(self.rgb, self.hertz).files(folder)
        return folder / f"portrait-{self.hertz}.y4m", audio


PORTRAITS = {
    "instructor": Portrait((1, 1, 1), 300, ("#e2d6c6", "#c98e68", "#5b3a29", "#35466b", True, False)),
    "student1": Portrait((2, 2, 2), 350, ("#dbd0de", "#5d3a28", "#1f1613", "#a84e35", False, True)),
    "student2": Portrait((3, 3, 3), 400, ("#bfcbcb", "#e8b796", "#201712", "#2f6066", False, False)),
    "student4": Portrait((4, 4, 4), 450, ("#e3d7c7", "#e9b894", "#1d1814", "#3f6b47", True, False)),
    "ta": Portrait((5, 5, 5), 500, ("#d5dee6", "#e3b592", "#b98b4e", "#6b4a6e", False, True)),
    "student3": Portrait((6, 6, 6), 550, ("#e0dccb", "#8d5a3c", "#17110e", "#37597f", True, True)),
}


def _draw_all(driver: Playwright, folder: Path) -> None:
    browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    page = browser.new_page()
    for portrait in PORTRAITS.values():
        frame = base64.b64decode(page.evaluate(DRAW, list(portrait.look)))
        video, _ = portrait.files(folder)
        head = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420mpeg2\n".encode()
        video.write_bytes(head + (b"FRAME\n" + frame) * 10)
    browser.close()


def _shoot(page: Page, name: str) -> None:
    page.wait_for_timeout(900)
    page.screenshot(path=str(TARGET / f"{name}.png"))


def _lesson(person: dict[str, Person]) -> None:
    """Everybody comes in; two ask, one of them is brought to the stage."""
    host, live = person["instructor"], ("ta", "student1", "student4")
    host.enter_on_stage()
    person["ta"].enter_on_stage()
    for key in ("student1", "student4", "student2", "student3"):
        person[key].enter_as_viewer()
    for key in ("student1", "student4"):
        person[key].press("Ask to join stage")
        host.press("Bring to stage")
        person[key].accept_invitation()
    person["student4"].press("Mute")
    person["student4"].says("Slide 14 has the table 👍")
    host.says("Yes, right after Amara’s answer.")
    for key in live:
        host.sees_on_stage(person[key].name)
    host.press("Participants")


def main() -> None:
    """Write the pictures to `config/pictures/`."""
    with TemporaryDirectory() as place, sync_playwright() as driver, contextlib.ExitStack() as home:
        folder = Path(place)
        _draw_all(driver, folder)
        stack = home.enter_context(Stack(folder / "stack", media=1, devlms=True))
        sizes = {
            "instructor": {"width": 1440, "height": 900},
            "student2": {"width": 900, "height": 650, "dark": True},
            "student3": {"width": 390, "height": 844},
        }
        person = {
            key: home.enter_context(a_person(driver, stack, portrait, folder, **sizes.get(key, {})))
            for key, portrait in PORTRAITS.items()
        }
        for key, somebody in person.items():
            somebody.launch("canvas", key, where="window")
        _shoot(person["student2"].page, "devices")
        _lesson(person)
        person["student2"].press("Ask to join stage")
        person["student3"].press("Raise hand")
        _shoot(person["instructor"].page, "instructor")
        _shoot(person["student3"].page, "phone")
        person["instructor"].press("Bring to stage")
        person["student2"].sees("invites you to the stage")
        _shoot(person["student2"].page, "invitation")
        start = person["instructor"].context.new_page()
        start.goto(stack.devlms_url)
        _shoot(start, "courses")


if __name__ == "__main__":
    main()
