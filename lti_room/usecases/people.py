"""Names, pictures and addresses of people: the only place that holds them, so erasing one is one deletion."""

import hashlib
import json
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Final

from lti_room.base.ids import ParticipantId
from lti_room.base.redis_client import Redis

_ALPHABET: Final = "abcdefghijkmnpqrstuvwxyz23456789"
_LONGEST_NAME: Final = 100
_JOINERS: Final = "\u200c\u200d"
_DROPPED: Final = frozenset({"Cc", "Cf", "Cs", "Co"})


@dataclass(frozen=True)
class Person:
    """What a platform told us about one of its people; `sub` is the platform's own id of them."""

    name: str
    email: str | None = None
    picture: str | None = None
    sub: str | None = None


def participant_id(registration_id: str, sub: str) -> ParticipantId:
    """Return the id of a person of one registration: the same at every launch, and nobody's elsewhere."""
    bits = int.from_bytes(
        hashlib.sha256(f"{len(registration_id)}:{registration_id}:{sub}".encode()).digest()[:10]
    )
    return ParticipantId("p_" + "".join(_ALPHABET[bits >> shift & 31] for shift in range(75, -1, -5)))


def display_name(participant: ParticipantId, *candidates: str | None) -> str:
    """Return the first usable name, cleaned; else "Participant" and four characters to tell two apart.

    Control and direction characters are dropped: a name must not turn the line around it.
    """
    for candidate in candidates:
        shown = "".join(
            c for c in candidate or "" if c in _JOINERS or unicodedata.category(c) not in _DROPPED
        )
        shown = " ".join(shown.split())[:_LONGEST_NAME].strip()
        if shown.strip(_JOINERS):
            return shown
    return f"Participant {participant[-4:].upper()}"


class People:
    """The people of each registration, in one Redis hash each."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def remember(self, registration: str, participant: ParticipantId, person: Person) -> None:
        """Keep what the last launch said."""
        known = {key: value for key, value in asdict(person).items() if value}
        self._redis.hset(_key(registration), participant, json.dumps(known))

    def person(self, registration: str, participant: ParticipantId) -> Person | None:
        """Return one person, or None if unknown or erased."""
        stored = self._redis.hget(_key(registration), participant)
        return Person(**json.loads(stored)) if stored else None

    def names(self, registration: str, ids: Iterable[ParticipantId]) -> dict[ParticipantId, str]:
        """Return the names of these people; unknown and erased ones get a name without meaning."""
        asked = list(ids)
        if not asked:
            return {}
        stored = self._redis.hmget(_key(registration), asked)
        return {
            who: json.loads(one)["name"] if one else display_name(who)
            for who, one in zip(asked, stored, strict=True)
        }

    def known(self, registration: str, ids: Iterable[ParticipantId]) -> dict[ParticipantId, Person]:
        """Return those of these people who are known."""
        asked = list(ids)
        stored = self._redis.hmget(_key(registration), asked) if asked else []
        return {who: Person(**json.loads(one)) for who, one in zip(asked, stored, strict=True) if one}

    def forget(self, registration: str, participant: ParticipantId) -> None:
        """Erase one person."""
        self._redis.hdel(_key(registration), participant)


def _key(registration: str) -> str:
    return f"people:{registration}"
