"""One command at hand, and the answers all rules share."""

from dataclasses import dataclass

from lti_room.base.ids import ParticipantId
from lti_room.rooms.commands import Actor
from lti_room.rooms.events import Event, StageMoved
from lti_room.rooms.limits import Limits
from lti_room.rooms.model import Person, Room
from lti_room.rooms.policy import protect_host, role_of, role_of_target
from lti_room.rooms.refusals import RefusalCode, Refused
from lti_room.rooms.roles import Role
from lti_room.rooms.stage import Move, after

Events = tuple[Event, ...]
"""What a command causes; empty when there is nothing left to change."""


@dataclass(frozen=True)
class Case:
    """A command's surroundings: the room, who asks, when, and what is known of the target."""

    room: Room
    actor: Actor | None
    now: float
    target_role: Role | None
    limits: Limits

    @property
    def me(self) -> ParticipantId:
        """The person who gives the command."""
        return self._person_asking.participant

    @property
    def own(self) -> Person:
        """The state of the person who gives the command."""
        return self.room.person(self.me)

    @property
    def role(self) -> Role:
        """The role the command is given with."""
        return role_of(self.room, self._person_asking)

    @property
    def _person_asking(self) -> Actor:
        if self.actor is None:
            raise Refused(RefusalCode.NOT_ALLOWED)
        return self.actor

    def role_of(self, target: ParticipantId) -> Role | None:
        """The role of the command's target, None when not known."""
        return role_of_target(self.room, target, self.target_role)

    def role_of_unprotected(self, target: ParticipantId) -> Role:
        """The role of a target this actor may manage.

        Raises:
            Refused: `host_protected`, or `unknown_person` when nobody knows whether it is a host.
        """
        role = self.role_of(target)
        if role is None:
            raise Refused(RefusalCode.UNKNOWN_PERSON)
        protect_host(self.role, role)
        return role

    def need_session(self) -> None:
        """Stage and hands exist while a session runs only.

        Raises:
            Refused: `not_possible_now`.
        """
        if self.room.session is None:
            raise Refused(RefusalCode.NOT_POSSIBLE_NOW)

    def can(self, target: ParticipantId, move: Move) -> bool:
        """Whether the table has this move where the target stands."""
        return after(self.room.person(target).place, move) is not None

    def move(self, target: ParticipantId, move: Move) -> StageMoved:
        """Return the move of a target, made by the actor (None: the system).

        Raises:
            Refused: `not_possible_now`, the table has no such move there.
        """
        if not self.can(target, move):
            raise Refused(RefusalCode.NOT_POSSIBLE_NOW)
        return StageMoved(target, move, None if self.actor is None else self.actor.participant)

    def too_late(self, target: ParticipantId, move: Move, otherwise: RefusalCode) -> Events:
        """Answer a staff command whose move is no longer there: two at once, and the other was first.

        Raises:
            Refused: `already_done` with `by` and `move` when another one of the staff was first.
        """
        last = self.room.person(target).last_move
        if last is None or last.by is None or last.by == target:
            raise Refused(otherwise)
        if last.by != self.me:
            raise Refused(RefusalCode.ALREADY_DONE, by=last.by, move=last.move)
        if last.move is move:
            return ()
        raise Refused(otherwise)
