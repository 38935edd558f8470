"""A whole room as JSON, so that loading it does not mean reading its stream from the start.

`version` comes first: the store's script compares it without parsing the rest. A snapshot in a
format that this version does not know is an error; what is at its default is left out.
"""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from lti_room.base.ids import ParticipantId, RoomId
from lti_room.rooms.codec import CodecError
from lti_room.rooms.commands import Source
from lti_room.rooms.model import (
    EVERYONE,
    NOBODY,
    STAFF,
    Audience,
    Hearers,
    Invitation,
    LastMove,
    Person,
    Room,
    Session,
    only,
)
from lti_room.rooms.roles import Grant, Role
from lti_room.rooms.schedule import Schedule
from lti_room.rooms.stage import Move, Place, StageAccess

FORMAT: Final = 1


def encode(room: Room) -> bytes:
    """Return a room as JSON."""
    session = room.session
    heard = {who.participant: v for who, v in room.audience_versions.items() if who.kind is Hearers.ME}
    return orjson.dumps(
        {
            "version": room.version,
            "format": FORMAT,
            "id": room.id,
            "title": room.title,
            "course": room.course,
            "access": room.access,
            "seats": room.seats,
            "leaving_allowed": room.leaving_allowed,
            "schedule": [room.schedule.start, room.schedule.end, room.schedule.early],
            "session": None if session is None else [session.id, session.started_at],
            "everyone": room.heard(EVERYONE),
            "staff": room.heard(STAFF),
            "people": {who: _person(person) for who, person in room.people.items()},
            "heard": heard,
        }
    )


def _person(person: Person) -> dict[str, Any]:
    invitation, last = person.invitation, person.last_move
    full = {
        "place": person.place,
        "hand_at": person.hand_at,
        "requested_at": person.requested_at,
        "invitation": invitation and [invitation.by, invitation.until, invitation.getting_ready],
        "stage_since": person.stage_since,
        "role_on_stage": person.role_on_stage,
        "on": sorted(person.on),
        "away_until": person.away_until,
        "last_move": last and [last.move, last.by],
        "given_role": person.given_role,
        "grants": sorted(person.grants),
        "removed": person.removed,
    }
    return {name: value for name, value in full.items() if value and value is not NOBODY.place}


def decode(data: bytes) -> Room:
    """Read a room.

    Raises:
        CodecError: not a snapshot, or one in an unknown format.
    """
    try:
        found = orjson.loads(data)
        if found["format"] != FORMAT:
            raise CodecError(f"snapshot format {found['format']}")
        return _room(found)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise CodecError(f"{type(error).__name__} in a snapshot") from error


def _room(found: Mapping[str, Any]) -> Room:
    session = found["session"]
    return Room(
        id=RoomId(found["id"]),
        version=found["version"],
        title=found["title"],
        course=found["course"],
        access=StageAccess(found["access"]),
        seats=found["seats"],
        leaving_allowed=found["leaving_allowed"],
        schedule=Schedule(*found.get("schedule", ())),
        session=None if session is None else Session(*session),
        people={ParticipantId(who): _read_person(person) for who, person in found["people"].items()},
        audience_versions=_audience_versions(found),
    )


def _audience_versions(found: Mapping[str, Any]) -> dict[Audience, int]:
    shared = {EVERYONE: found["everyone"], STAFF: found["staff"]}
    heard = {audience: version for audience, version in shared.items() if version}
    return {**heard, **{only(ParticipantId(who)): version for who, version in found["heard"].items()}}


def _read_person(found: Mapping[str, Any]) -> Person:
    invitation, last = found.get("invitation"), found.get("last_move")
    return Person(
        place=Place(found.get("place", NOBODY.place)),
        hand_at=found.get("hand_at"),
        requested_at=found.get("requested_at"),
        invitation=None if invitation is None else Invitation(*invitation),
        stage_since=found.get("stage_since"),
        role_on_stage=_role(found.get("role_on_stage")),
        on=frozenset(Source(source) for source in found.get("on", ())),
        away_until=found.get("away_until"),
        last_move=None if last is None else LastMove(Move(last[0]), last[1]),
        given_role=_role(found.get("given_role")),
        grants=frozenset(Grant(grant) for grant in found.get("grants", ())),
        removed=found.get("removed", False),
    )


def _role(text: str | None) -> Role | None:
    return None if text is None else Role(text)
