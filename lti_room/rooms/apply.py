"""The next room after an event. Total: whatever is in a stream, there is a room after it."""

from dataclasses import replace

from lti_room.rooms.audience import audiences
from lti_room.rooms.commands import Source
from lti_room.rooms.events import (
    AccessSet,
    ConnectionBack,
    ConnectionLost,
    Event,
    GrantGiven,
    HandLowered,
    HandRaised,
    InvitationExtended,
    LeavingAllowed,
    Readmitted,
    Recorded,
    RemovedFromRoom,
    RoleGiven,
    RoomOpened,
    ScheduleSet,
    SessionEnded,
    SessionStarted,
    SourceSwitched,
    StageMoved,
    TitleSet,
)
from lti_room.rooms.model import Invitation, LastMove, Person, Room, Session
from lti_room.rooms.roles import Role
from lti_room.rooms.schedule import Schedule
from lti_room.rooms.stage import Place, after


def apply(room: Room, recorded: Recorded) -> Room:
    """Return the room after a recorded event, at that event's version. Never fails."""
    event = recorded.event
    heard = dict.fromkeys(audiences(room, event), recorded.version)
    changed = _with_room(room, event, recorded.at)
    return replace(changed, version=recorded.version, audience_versions={**room.audience_versions, **heard})


def _with_room(room: Room, event: Event, at: float) -> Room:
    match event:
        case RoomOpened(title=title, course=course, access=access, seats=seats):
            return replace(room, title=title, course=course, access=access, seats=seats)
        case SessionStarted(session=session):
            return replace(room, session=Session(session, at))
        case SessionEnded():
            return replace(room, session=None, people={who: _rested(p) for who, p in room.people.items()})
        case AccessSet(access=access):
            return replace(room, access=access)
        case TitleSet(title=title):
            return replace(room, title=title)
        case ScheduleSet(start=start, end=end, early=early):
            return replace(room, schedule=Schedule(start, end, early))
        case LeavingAllowed(allowed=allowed):
            return replace(room, leaving_allowed=allowed)
        case _:
            person = _with_person(room.person(event.participant), event, at)
            return room.with_person(event.participant, _without_needless_wait(person))


PersonEvent = (
    StageMoved
    | InvitationExtended
    | SourceSwitched
    | HandRaised
    | HandLowered
    | RoleGiven
    | GrantGiven
    | RemovedFromRoom
    | Readmitted
    | ConnectionLost
    | ConnectionBack
)
"""The events that concern one participant."""


def _with_person(person: Person, event: PersonEvent, at: float) -> Person:
    match event:
        case StageMoved():
            return _moved(person, event, at)
        case InvitationExtended(until=until, getting_ready=getting_ready):
            return _extended(person, until, getting_ready)
        case SourceSwitched(source=source, on=on):
            return replace(person, on=person.on | {source} if on else person.on - {source})
        case HandRaised():
            return replace(person, hand_at=at)
        case HandLowered():
            return replace(person, hand_at=None)
        case RoleGiven(role=role, becomes=becomes):
            on_stage = (becomes or person.role_on_stage) if person.is_on_stage else None
            return replace(person, given_role=role, role_on_stage=on_stage)
        case GrantGiven(grant=grant, given=given):
            return replace(person, grants=person.grants | {grant} if given else person.grants - {grant})
        case RemovedFromRoom():
            return replace(person, removed=True)
        case Readmitted():
            return replace(person, removed=False)
        case ConnectionLost(until=until):
            return replace(person, away_until=until)
        case ConnectionBack():
            return replace(person, away_until=None)


def _moved(person: Person, event: StageMoved, at: float) -> Person:
    place = after(person.place, event.move)
    if place is None:
        return person
    moved = replace(
        person,
        place=place,
        requested_at=at if place is Place.REQUESTED else None,
        invitation=_invitation(event, at) if place is Place.INVITED else None,
        stage_since=None,
        role_on_stage=None,
        last_move=LastMove(event.move, event.by),
    )
    if place is Place.ON_STAGE:
        return replace(
            moved, stage_since=at, role_on_stage=event.role or Role.ATTENDEE, on=_on_arrival(person, event)
        )
    return replace(moved, on=frozenset()) if person.is_on_stage else moved


def _invitation(event: StageMoved, at: float) -> Invitation:
    return Invitation(event.by, at if event.until is None else event.until)


def _on_arrival(person: Person, event: StageMoved) -> frozenset[Source]:
    chosen = {Source.MICROPHONE: event.microphone, Source.CAMERA: event.camera}
    return (person.on & {Source.SCREEN}) | {source for source, on in chosen.items() if on}


def _extended(person: Person, until: float, getting_ready: bool) -> Person:
    if person.invitation is None:
        return person
    return replace(person, invitation=replace(person.invitation, until=until, getting_ready=getting_ready))


def _without_needless_wait(person: Person) -> Person:
    """A lost connection is waited for only as long as something is kept."""
    if person.away_until is None or person.has_something_to_keep:
        return person
    return replace(person, away_until=None)


def _rested(person: Person) -> Person:
    """What the end of a session leaves of somebody: given role, grants and removal."""
    return Person(given_role=person.given_role, grants=person.grants, removed=person.removed)


def replay(room: Room, events: tuple[Recorded, ...]) -> Room:
    """Return the room after several events, oldest first."""
    for recorded in events:
        room = apply(room, recorded)
    return room
