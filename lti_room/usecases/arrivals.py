"""What every verified message leaves behind: the person, the launch, and a ticket for the next page."""

from collections.abc import Mapping

from lti_room.base import entropy
from lti_room.base.ids import LaunchId, ParticipantId, RoomId
from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings
from lti_room.lti.launching.message import Launch, Message
from lti_room.rooms.roles import Role
from lti_room.usecases import binding
from lti_room.usecases.binding import BindingCookie
from lti_room.usecases.frames import checked_address
from lti_room.usecases.launches import CourseInfo, LaunchRecord
from lti_room.usecases.people import People, Person, display_name
from lti_room.usecases.ticket import Ticket, TicketKind


def remember(
    people: People,
    message: Message,
    participant: ParticipantId,
    settings: Settings,
    to: Redis | None = None,
) -> None:
    """Keep the name and the addresses the message tells, where erasing finds them.

    `to`: a pipeline that takes the write along.
    """
    whole = " ".join(part for part in (message.given_name, message.family_name) if part)
    mailbox = (message.email or "").partition("@")[0]
    name = display_name(participant, message.name, whole, mailbox)
    picture = checked_address(message.picture, development=settings.development)
    person = Person(name, message.email, picture, message.sub)
    people.remember(message.registration_id, participant, person, to)


def record_of(
    message: Message, participant: ParticipantId, room: RoomId, settings: Settings, now: float
) -> LaunchRecord:
    """Return the record of a message; its room is empty where the message opens none."""
    course = message.course
    return LaunchRecord(
        id=LaunchId(entropy.new_id("l")),
        registration=message.registration_id,
        deployment=message.deployment_id,
        participant=participant,
        room=room,
        role=Role(message.role),
        course=CourseInfo(course.id, course.title, course.label),
        locale=message.locale,
        return_url=checked_address(message.return_url, development=settings.development),
        at=now,
        link=message.link.id if isinstance(message, Launch) else "",
        services=dict(message.services),
        is_test=message.is_test,
    )


def cookie_for(message: Message, cookies: Mapping[str, str]) -> BindingCookie | None:
    """Return the cookie to bind the next ticket to: only where the message brought one back (rule 2)."""
    return (binding.find(cookies) or binding.new_cookie()) if message.cookie_proven else None


def ticket_for(
    record: LaunchRecord, kind: TicketKind, cookie: BindingCookie | None, seconds: float
) -> Ticket:
    """Return a ticket of a launch that was recorded just now."""
    return Ticket(
        kind=kind,
        id=entropy.new_id("t"),
        room=record.room,
        participant=record.participant,
        launch=record.id,
        role=record.role,
        cookie=cookie.name if cookie else None,
        cookie_hash=cookie.hash if cookie else None,
        issued_at=record.at,
        expires_at=record.at + seconds,
    )
