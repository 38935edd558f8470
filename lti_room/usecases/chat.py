"""Chat: a stream of its own per room, with the texts beside it so that one can be deleted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lti_room.base.ids import ParticipantId, RoomId
from lti_room.base.redis_client import Redis

_POST = """
local known = redis.call('GET', KEYS[3])
if known then return known end
local seq = redis.call('XADD', KEYS[1], '*', 'from', ARGV[1])
redis.call('HSET', KEYS[2], seq, ARGV[2])
redis.call('SET', KEYS[3], seq, 'EX', ARGV[3])
return seq
"""
_REMOVE = """
if redis.call('HDEL', KEYS[2], ARGV[1]) == 0 then return 0 end
redis.call('XADD', KEYS[1], '*', 'removed', ARGV[1])
return 1
"""
_REPEAT_SECONDS = 3600
_BATCH = 500


@dataclass(frozen=True)
class ChatMessage:
    """One message. `seq` is its place in the room's stream, which also says when it came."""

    seq: str
    sender: ParticipantId
    text: str

    @property
    def at(self) -> float:
        """When Redis took it: seconds since the epoch."""
        return int(self.seq.partition("-")[0]) / 1000


@dataclass(frozen=True)
class ChatRemoved:
    """The text of message `seq` was deleted; the notice itself has the place `at_seq`."""

    at_seq: str
    seq: str


ChatEntry = ChatMessage | ChatRemoved


class Chat:
    """The chat of every room."""

    def __init__(self, redis: Redis) -> None:
        self._redis: Any = redis  # its types allow text and bytes; ours are bytes
        self._post = redis.register_script(_POST)
        self._remove = redis.register_script(_REMOVE)

    @staticmethod
    def stream(room: RoomId) -> str:
        """Return the key of a room's stream."""
        return f"room:{room}:chat"

    def post(self, room: RoomId, sender: ParticipantId, text: str, message_id: str) -> str:
        """Add a message and return its `seq`; a repeated `message_id` of the same sender adds nothing."""
        stream = self.stream(room)
        keys = [stream, f"{stream}:text", f"{stream}:sent:{sender}:{message_id}"]
        seq: bytes = self._post(keys, [sender, text, _REPEAT_SECONDS])
        return seq.decode()

    def remove(self, room: RoomId, seq: str) -> bool:
        """Delete the text of a message and tell everybody. False if there was none."""
        stream = self.stream(room)
        return bool(self._remove([stream, f"{stream}:text"], [seq]))

    def history(self, room: RoomId, since: float, limit: int) -> tuple[str, tuple[ChatMessage, ...]]:
        """Return the stream's last id, and the newest `limit` messages after `since` that have a text."""
        stream = self.stream(room)
        entries = self._redis.xrevrange(stream, min=str(int(since * 1000)), count=limit)
        newest = entries or self._redis.xrevrange(stream, count=1)
        messages = self.read(room, entries[::-1])
        return (
            newest[0][0].decode() if newest else "0-0",
            tuple(one for one in messages if isinstance(one, ChatMessage)),
        )

    def of_sender(self, room: RoomId, sender: ParticipantId) -> tuple[ChatMessage, ...]:
        """Return what one person wrote and nobody deleted. Reads the whole stream."""
        found = [one for batch in self._batches(room, "+") for one in batch]
        return tuple(one for one in found if one.sender == sender)

    def erase_sender(self, room: RoomId, sender: ParticipantId) -> int:
        """Delete the texts of one person, telling open pages; return how many."""
        return sum(self.remove(room, message.seq) for message in self.of_sender(room, sender))

    def erase_before(self, room: RoomId, at: float) -> int:
        """Delete what is older than a time, seconds since the epoch; return how many texts."""
        stream, least = self.stream(room), int(at * 1000)
        erased = 0
        for batch in self._batches(room, f"({least}"):
            seqs = [message.seq for message in batch]
            erased += self._redis.hdel(f"{stream}:text", *seqs) if seqs else 0
        self._redis.xtrim(stream, minid=least, approximate=False)
        return erased

    def _batches(self, room: RoomId, until: str) -> Iterator[list[ChatMessage]]:
        start = "-"
        while entries := self._redis.xrange(self.stream(room), min=start, max=until, count=_BATCH):
            yield [one for one in self.read(room, entries) if isinstance(one, ChatMessage)]
            start = f"({entries[-1][0].decode()}"

    def read(
        self, room: RoomId, entries: Sequence[tuple[bytes, dict[bytes, bytes]]]
    ) -> tuple[ChatEntry, ...]:
        """Return the stream's entries with their texts; a message whose text is gone is left out."""
        seqs = [entry_id for entry_id, _ in entries]
        texts = self._redis.hmget(f"{self.stream(room)}:text", seqs) if seqs else []
        found = (_entry(*one, text) for one, text in zip(entries, texts, strict=True))
        return tuple(one for one in found if one is not None)


def _entry(entry_id: bytes, fields: dict[bytes, bytes], text: bytes | None) -> ChatEntry | None:
    if b"removed" in fields:
        return ChatRemoved(entry_id.decode(), fields[b"removed"].decode())
    if text is None:
        return None
    return ChatMessage(entry_id.decode(), ParticipantId(fields[b"from"].decode()), text.decode())
