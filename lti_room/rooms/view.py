"""What one participant may see of a room: the state part of the snapshot of `realtime/PROTOCOL.md`.

Ids only; whoever sends it adds the names. What is not for these eyes is not in the answer at all.
"""

from typing import Any

from lti_room.base.ids import ParticipantId
from lti_room.rooms.commands import Source
from lti_room.rooms.model import EVERYONE, STAFF, Invitation, Person, Room, only
from lti_room.rooms.roles import Role
from lti_room.rooms.schedule import Schedule

Json = dict[str, Any]


def view(room: Room, participant: ParticipantId, role: Role) -> Json:
    """Return the room as a participant with this role sees it (`policy.role_of` says which)."""
    seen: Json = {
        "version": room.version,
        "versions": _versions(room, participant, role),
        "room": _room(room),
        "me": _me(room, participant, role),
        "stage": [_on_stage(who, person) for who, person in room.on_stage()],
        "screens": [{"id": who} for who in room.presenting()],
        "hands": [{"id": who, "at": person.hand_at} for who, person in room.hands()],
        "roles": {who: given.value for who, given in room.given_roles().items()},
    }
    if role.is_staff:
        seen["requests"] = [{"id": who, "at": person.requested_at} for who, person in room.requests()]
        seen["invitations"] = [{"id": who, **_invitation(found)} for who, found in room.invitations()]
        seen["removed"] = [{"id": who} for who in room.removed()]
    return seen


def _versions(room: Room, participant: ParticipantId, role: Role) -> Json:
    versions = {"everyone": room.heard(EVERYONE), "me": room.heard(only(participant))}
    return {**versions, "staff": room.heard(STAFF)} if role.is_staff else versions


def _room(room: Room) -> Json:
    session = room.session
    return {
        "id": room.id,
        "title": room.title,
        "course": room.course,
        "access": room.access.value,
        "leaving_allowed": room.leaving_allowed,
        "schedule": _schedule(room.schedule),
        "seats": room.seats,
        "session": None if session is None else {"id": session.id, "started_at": session.started_at},
    }


def _schedule(schedule: Schedule) -> Json:
    return {"start": schedule.start, "end": schedule.end, "opens_at": schedule.opens_at}


def _me(room: Room, participant: ParticipantId, role: Role) -> Json:
    person = room.person(participant)
    return {
        "id": participant,
        "role": role.value,
        "place": person.place.value,
        "grants": sorted(grant.value for grant in person.grants),
        "invitation": None if person.invitation is None else _invitation(person.invitation),
        "requested_at": person.requested_at,
    }


def _invitation(invitation: Invitation) -> Json:
    return {"by": invitation.by, "until": invitation.until, "getting_ready": invitation.getting_ready}


def _on_stage(participant: ParticipantId, person: Person) -> Json:
    return {
        "id": participant,
        "role": None if person.role_on_stage is None else person.role_on_stage.value,
        **{source.value: source in person.on for source in Source},
        "since": person.stage_since,
        "away_until": person.away_until,
    }
