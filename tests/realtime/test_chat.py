"""Chat: to everybody, in order, with a history for newcomers, and deletable."""

import pytest

from lti_room.rooms.roles import Role
from lti_room.usecases.chat import Chat
from tests.support.pages import Page, TestRoom


def say(page: Page, text: str, message_id: str = "") -> str:
    answer = page.call("chat", {"id": message_id or text[:32].replace(" ", "-"), "text": text})
    assert answer["ok"], answer
    return str(answer["seq"])


def test_a_message_reaches_everybody_with_its_name(room: TestRoom) -> None:
    noah, priya = room.join("Noah Kim", web=0), room.join("Priya Nair", web=1)
    seq = say(noah, "Slide 14 has the table")
    for page in (noah, priya):
        told = page.wait("chat")
        assert told["at"] == pytest.approx(int(seq.split("-")[0]) / 1000)
        del told["at"]
        assert told == {"seq": seq, "from": noah.id, "name": "Noah Kim", "text": "Slide 14 has the table"}


def test_a_newcomer_is_shown_the_history_of_this_session_on_any_process(room: TestRoom) -> None:
    host = room.join("Elena Marín", Role.HOST, web=0)
    for n in range(3):
        say(host, f"Message {n}")
    for web in (0, 1):
        shown = room.page(room.launch("Late Comer"), web=web).connect()
        assert [one["text"] for one in shown["chat"]] == ["Message 0", "Message 1", "Message 2"]
        assert {one["name"] for one in shown["chat"]} == {"Elena Marín"}
    host.done("end_session")
    host.wait("bye")
    assert room.page(room.launch("In Between"), web=0).connect()["chat"] == []
    again = room.join("Elena Marín", Role.HOST, web=1)
    assert room.page(room.launch("Next Day"), web=0).connect()["chat"] == []
    say(again, "A new day")
    assert [one["text"] for one in room.page(room.launch("Late"), web=1).connect()["chat"]] == ["A new day"]


def test_a_repeat_is_not_said_twice(room: TestRoom) -> None:
    noah, priya = room.join("Noah Kim", web=0), room.join("Priya Nair", web=1)
    first = say(noah, "Hello", "m1")
    assert say(noah, "Hello", "m1") == first
    assert say(priya, "Mine", "m1") != first, "ids are each person's own"
    last = say(noah, "The end", "m2")
    priya.wait("chat", lambda told: told["seq"] == last)
    assert [one["text"] for one in priya.messages("chat")] == ["Hello", "Mine", "The end"]


def test_a_deleted_text_is_gone_for_everybody(room: TestRoom) -> None:
    noah, priya = room.join("Noah Kim", web=0), room.join("Priya Nair", web=1)
    secret, kept = say(noah, "My phone number is 555"), say(noah, "Sorry")
    chat = Chat(room.redis)
    assert chat.remove(room.id, secret)
    assert not chat.remove(room.id, secret)
    for page in (noah, priya):
        page.wait("chat", lambda told: told == {"seq": secret, "removed": True})
    for web in (0, 1):
        shown = room.page(room.launch("Late Comer"), web=web).connect()
        assert [one["seq"] for one in shown["chat"]] == [kept]
    assert not any(b"555" in value for value in room.redis.hvals(f"room:{room.id}:chat:text"))


def test_what_is_too_long_or_empty_is_refused(room: TestRoom) -> None:
    noah = room.join("Noah Kim")
    longest = room.stack.settings.chat_characters
    say(noah, "x" * longest)
    for text in ("x" * (longest + 1), "", "   \n ", 7, None, ["a"], "\ud800"):
        assert noah.call("chat", {"id": "bad", "text": text})["error"]["code"] == "bad_message"


def test_too_fast_counts_per_person_on_all_processes(room: TestRoom) -> None:
    noah = room.join("Noah Kim", web=0)
    other_tab = room.page(noah.member, web=1)
    other_tab.connect()
    other_tab.enter()
    most = room.stack.settings.chats_per_10_seconds
    codes = []
    for n in range(2 * most + 2):
        page = (noah, other_tab)[n % 2]
        codes.append(page.call("chat", {"id": f"n{n}", "text": "again"}).get("error", {}).get("code"))
    assert "too_fast" in codes
    assert codes.count(None) <= 2 * most, "at most two windows"
    assert noah.connected
    assert room.join("Priya Nair").call("chat", {"id": "1", "text": "I may"})["ok"]
