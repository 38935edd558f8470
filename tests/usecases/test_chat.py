"""The stream and the texts beside it."""

from typing import Any

import pytest

from lti_room.base.ids import ParticipantId, RoomId
from lti_room.base.redis_client import Redis
from lti_room.usecases.chat import Chat, ChatMessage, ChatRemoved

ROOM = RoomId("r_chat")
NOAH = ParticipantId("p_noah")


@pytest.fixture
def chat(redis: Redis) -> Chat:
    return Chat(redis)


def entries(redis: Any) -> Any:
    return redis.xrange(Chat.stream(ROOM))


def test_history_is_the_newest_messages_oldest_first(chat: Chat) -> None:
    seqs = [chat.post(ROOM, NOAH, f"Message {n}", f"m{n}") for n in range(5)]
    last, messages = chat.history(ROOM, 0, 3)
    assert last == seqs[-1]
    assert [one.text for one in messages] == ["Message 2", "Message 3", "Message 4"]
    assert messages[0] == ChatMessage(seqs[2], NOAH, "Message 2")


def test_history_begins_when_it_is_told_to(chat: Chat) -> None:
    seq = chat.post(ROOM, NOAH, "Before", "m1")
    after = ChatMessage(seq, NOAH, "").at + 1
    assert chat.history(ROOM, after, 10) == (seq, ())
    assert chat.history(RoomId("r_silent"), 0, 10) == ("0-0", ())


def test_a_removed_text_is_nowhere(chat: Chat, redis: Redis) -> None:
    seq = chat.post(ROOM, NOAH, "Secret", "m1")
    chat.post(ROOM, NOAH, "Kept", "m2")
    assert chat.remove(ROOM, seq)
    assert not chat.remove(ROOM, seq)
    assert not chat.remove(ROOM, "1-1")
    assert [one.text for one in chat.history(ROOM, 0, 10)[1]] == ["Kept"]
    read = chat.read(ROOM, entries(redis))
    assert [type(one) for one in read] == [ChatMessage, ChatRemoved]
    assert read[1].seq == seq


def test_a_repeat_adds_nothing(chat: Chat, redis: Redis) -> None:
    first = chat.post(ROOM, NOAH, "Once", "m1")
    assert chat.post(ROOM, NOAH, "Once", "m1") == first
    assert chat.post(ROOM, ParticipantId("p_priya"), "Mine", "m1") != first
    assert len(entries(redis)) == 2
