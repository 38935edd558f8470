"""Names, pictures and addresses of people: the only place that holds them, so erasing one is one deletion."""

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Final

from lti_room.base.ids import ParticipantId
from lti_room.base.redis_client import Redis

_ALPHABET: Final = "abcdefghijkmnpqrstuvwxyz23456789"
_LONGEST_NAME: Final = 100
_JOINERS: Final = "\u200c\u200d"
_BATCH: Final = 500
_REPLACE: Final = """
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) end
"""
"""A launch may have written meanwhile: what it says stays."""
_DROPPED: Final = frozenset({"Cc", "Cf", "Cs", "Co"})


@dataclass(frozen=True)
class Person:
    """What a platform told us about one of its people.

    `sub` is the platform's own id of them. `name` comes from their latest launch; where that told none, it is
    a stand-in, and `course_name` is what the platform's list of the course calls them, if it does. Somebody
    who never launched has no name here, only a `sub`.
    """

    name: str = ""
    email: str | None = None
    picture: str | None = None
    sub: str | None = None
    course_name: str | None = None


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
        self._replace = redis.register_script(_REPLACE)

    def remember(
        self, registration: str, participant: ParticipantId, person: Person, to: Redis | None = None
    ) -> None:
        """Keep what the last launch said; a name from the course's list stays while launches tell none.

        `to`: a pipeline that takes the write along.
        """
        if person.name == display_name(participant):
            before = self.person(registration, participant)
            person = replace(person, course_name=before.course_name if before else None)
        redis = self._redis if to is None else to
        redis.hset(_key(registration), participant, _stored(person))

    def learn_names(self, registration: str, names: Mapping[ParticipantId, str]) -> None:
        """Name those who launched without a name; who never launched is not kept."""
        waiting = list(names)
        for first in range(0, len(waiting), _BATCH):
            asked = waiting[first : first + _BATCH]
            for who, before in zip(asked, self._redis.hmget(_key(registration), asked), strict=True):
                if before is None:
                    continue
                person = Person(**json.loads(before))
                if person.name == display_name(who) and person.course_name != names[who]:
                    now = _stored(replace(person, course_name=names[who]))
                    self._replace(keys=[_key(registration)], args=[who, before, now])

    def keep_subs(self, registration: str, subs: Mapping[ParticipantId, str]) -> None:
        """Keep the platform's ids of people who never launched, and nothing else of them."""
        with self._redis.pipeline(transaction=False) as pipe:
            for who, sub in subs.items():
                pipe.hsetnx(_key(registration), who, _stored(Person(sub=sub)))
            pipe.execute()

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
            who: _shown(who, json.loads(one)) if one else display_name(who)
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


def _stored(person: Person) -> str:
    return json.dumps({name: value for name, value in asdict(person).items() if value})


def _shown(who: ParticipantId, known: Mapping[str, str]) -> str:
    stand_in = display_name(who)
    name = known.get("name", stand_in)
    return known.get("course_name", name) if name == stand_in else name


def _key(registration: str) -> str:
    return f"people:{registration}"
