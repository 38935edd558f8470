"""Reactions: counted, at most one message every half second."""

import time

from lti_room.realtime.names import REACTIONS
from tests.support.pages import TestRoom


def test_they_are_counted_together_across_processes(room: TestRoom) -> None:
    noah, priya = room.join("Noah Kim", web=0), room.join("Priya Nair", web=1)
    for page in (noah, priya):
        for _ in range(3):
            assert page.call("react", {"emoji": "clap"}) == {"ok": True}
    assert noah.call("react", {"emoji": "heart"})["ok"]

    def counted(emoji: str) -> int:
        told = [one for batch in viewer.messages("reactions") for one in batch]
        return sum(one["count"] for one in told if one["emoji"] == emoji)

    for viewer in (noah, priya):
        viewer.wait("reactions", lambda _: counted("clap") == 6 and counted("heart") == 1)
        names = {name for batch in viewer.messages("reactions") for one in batch for name in one["names"]}
        assert names == {"Noah", "Priya"}, "first names"


def test_at_most_one_message_every_half_second(room: TestRoom) -> None:
    pages = [room.join(f"Person {n}", web=n % 2) for n in range(4)]
    viewer = pages[0]
    began = time.monotonic()
    for n in range(16):
        assert pages[n % 4].call("react", {"emoji": REACTIONS[n % len(REACTIONS)]})["ok"]
        time.sleep(0.05)
    viewer.wait(
        "reactions", lambda _: sum(one["count"] for b in viewer.messages("reactions") for one in b) == 16
    )
    batches = viewer.messages("reactions")
    assert len(batches) <= (time.monotonic() - began) / 0.5 + 1
    assert len(batches) < 16


def test_only_known_emojis_and_not_too_fast(room: TestRoom) -> None:
    noah = room.join("Noah Kim")
    for emoji in ("👏", "CLAP", "", None, 3, ["clap"]):
        assert noah.call("react", {"emoji": emoji})["error"]["code"] == "bad_message"
    most = room.stack.settings.reactions_per_10_seconds
    codes = [noah.call("react", {"emoji": "wow"}).get("error", {}).get("code") for _ in range(2 * most + 1)]
    assert codes[0] is None
    assert codes[-1] == "too_fast"
