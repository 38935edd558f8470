"""Rate limits of one connection: refused, still connected, and nobody else notices."""

from tests.support.pages import TestRoom


def test_a_flood_of_acts_is_too_fast_and_stays_connected(room: TestRoom) -> None:
    mallory, noah = room.join("Mallory", web=0), room.join("Noah Kim", web=0)
    most = room.stack.settings.acts_per_10_seconds
    codes = [mallory.act("raise_hand").get("error", {}).get("code") for _ in range(3 * most)]
    assert codes[: most // 2] == [None] * (most // 2)
    assert "too_fast" in codes
    assert mallory.connected
    assert mallory.call("roster", {"page": 0})["ok"], "other messages have a limit of their own"
    noah.done("raise_hand")


def test_a_flood_of_other_messages_too(room: TestRoom) -> None:
    mallory = room.join("Mallory", web=0)
    codes = [mallory.call("roster", {"page": 0}).get("error", {}).get("code") for _ in range(400)]
    assert "too_fast" in codes
    assert mallory.act("raise_hand")["ok"]
