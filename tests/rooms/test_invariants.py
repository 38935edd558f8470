"""Random people give random commands; what must hold whatever they do.

The machine keeps a plain record of its own (who is invited until when, who was given what), taken
from the events alone and judged by the sentences of the design, not by the code under test.
"""

from collections.abc import Iterator
from itertools import product
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lti_room.base.ids import ParticipantId, SessionId
from lti_room.rooms import codec, snapshot
from lti_room.rooms import commands as c
from lti_room.rooms.apply import apply, replay
from lti_room.rooms.audience import audiences
from lti_room.rooms.decide import decide
from lti_room.rooms.due import due
from lti_room.rooms.events import (
    AccessSet,
    Event,
    GrantGiven,
    InvitationExtended,
    Recorded,
    RemovedFromRoom,
    RoleGiven,
    SessionEnded,
    SourceSwitched,
    StageMoved,
)
from lti_room.rooms.model import EVERYONE, STAFF, Audience, Room, only
from lti_room.rooms.refusals import Refused
from lti_room.rooms.roles import Grant, Role
from lti_room.rooms.stage import Move, Place, StageAccess
from lti_room.rooms.view import view
from tests.support.rooms import LIMITS, NOW, ROOM, a_host, a_moderator, an_attendee

SEATS = 3
Item = TypeVar("Item")
PEOPLE = [
    *(a_host("h1"), a_host("h2"), a_moderator("m1"), a_moderator("m2")),
    *(an_attendee(name) for name in ("a1", "a2", "a3", "a4")),
]
LAUNCH = {actor.participant: actor.launch_role for actor in PEOPLE}

WHOLE = list(LAUNCH)
FLAGS = (False, True)
GIVEN_BY_PEOPLE: list[list[c.Command]] = [
    [c.Ask()],
    [c.Approve(who) for who in WHOLE],
    [c.GetReady()],
    [c.Accept(microphone, camera) for microphone in FLAGS for camera in FLAGS],
    [c.Join(microphone, camera) for microphone in FLAGS for camera in FLAGS],
    [c.Cancel()],
    [c.Decline(who) for who in WHOLE],
    [c.Ask()],
    [c.Invite(who) for who in WHOLE],
    [c.MoreTime()],
    [c.Reject()],
    [c.Leave()],
    [c.RaiseHand()],
    [c.Switch(source, on) for source in c.Source for on in FLAGS],
    [c.LowerHand(), *(c.LowerHand(who) for who in WHOLE)],
    *([kind(who) for who in WHOLE] for kind in (c.Revoke, c.Remove, c.Depart, c.RemoveFromRoom, c.Readmit)),
    [c.Mute(who, source) for who in WHOLE for source in c.Source],
    [c.SetAccess(access) for access in StageAccess],
    [c.AllowLeaving(allowed) for allowed in FLAGS],
    [c.GiveRole(who, role) for who in WHOLE for role in (None, *Role)],
    [c.GiveGrant(who, grant, given) for who in WHOLE for grant in Grant for given in FLAGS],
    [c.SetTitle(title) for title in ("x", "y")],
]
"""Every command a person can give, by kind; the end of the session apart."""

people = st.sampled_from(PEOPLE)
kinds = st.sampled_from(GIVEN_BY_PEOPLE)
numbers = st.integers(0, 10_000)


class AnyRoom(RuleBasedStateMachine):
    """One room, eight people, three seats."""

    def __init__(self) -> None:
        super().__init__()
        self.room = Room(ROOM)
        self.now = NOW
        self.stream: list[Recorded] = []
        self.heard: dict[Audience, int] = {}
        self.connected = set(LAUNCH)
        self.invited: dict[ParticipantId, float] = {}
        self.given: dict[ParticipantId, Role] = {}
        self.grants: set[tuple[ParticipantId, Grant]] = set()
        self.access = StageAccess.REQUEST
        self.sessions = 0

    @initialize(access=st.sampled_from([StageAccess.REQUEST, StageAccess.REQUEST, *StageAccess]))
    def open(self, access: StageAccess) -> None:
        self.access = access
        self.give(c.OpenRoom("Seminar", "Biology", access, SEATS), None)
        self.start_session()

    @precondition(lambda self: self.room.session is None)
    @rule()
    def start_session(self) -> None:
        self.sessions += 1
        self.give(c.StartSession(SessionId(f"s_{self.sessions}")), None)

    @rule(actor=people, kind=kinds, number=numbers)
    def somebody_tries_anything(self, actor: c.Actor, kind: list[c.Command], number: int) -> None:
        self.give(kind[number % len(kind)], actor)

    @rule(choices=st.lists(st.tuples(numbers, numbers), min_size=1, max_size=4))
    def some_do_what_changes_something(self, choices: list[tuple[int, int]]) -> None:
        for kind, number in choices:
            fruitful = next(self.fruitful(kind, number), None)
            if fruitful is not None:
                actor, command = fruitful
                assert self.give(command, actor)

    @rule(actor=people, dice=st.integers(0, 9))
    def end_session(self, actor: c.Actor, dice: int) -> None:
        if dice == 0:
            self.give(c.EndSession(), actor)

    @rule(who=st.sampled_from(WHOLE))
    def line_breaks_or_returns(self, who: ParticipantId) -> None:
        if who in self.connected:
            self.connected.remove(who)
            self.give(c.Lose(who), None)
        else:
            self.connected.add(who)
            self.give(c.Return(who), None)

    @rule(seconds=st.sampled_from([1, 29, 31, 121, 601]), swept=st.booleans())
    def time_passes(self, seconds: int, swept: bool) -> None:
        self.now += seconds
        if swept:
            self.sweep()

    def sweep(self) -> None:
        for command in due(self.room, self.now):
            self.give(command, None)
        assert due(self.room, self.now) == ()

    def fruitful(self, kind: int, number: int) -> Iterator[tuple[c.Actor, c.Command]]:
        """Return who could do what to some effect, beginning somewhere in the list."""
        for commands in rotated(GIVEN_BY_PEOPLE, kind):
            for command, actor in rotated(list(product(commands, PEOPLE)), number):
                if self.would_change(command, actor):
                    yield actor, command

    def would_change(self, command: c.Command, actor: c.Actor) -> bool:
        try:
            return actor.participant in self.connected and bool(self.decide(command, actor))
        except Refused:
            return False

    def decide(self, command: c.Command, actor: c.Actor | None) -> tuple[Event, ...]:
        target = getattr(command, "target", None)
        target_role = LAUNCH[target] if target in self.connected else None
        return decide(self.room, command, actor, self.now, target_role=target_role, limits=LIMITS)

    def give(self, command: c.Command, actor: c.Actor | None) -> tuple[Event, ...]:
        if actor is not None and actor.participant not in self.connected:
            return ()
        before = self.room
        try:
            events = self.decide(command, actor)
        except Refused:
            assert self.room is before
            return ()
        assert events == self.decide(command, actor)
        for event in events:
            self.happens(event, actor)
        return events

    def happens(self, event: Event, actor: c.Actor | None) -> None:
        self.judge(event, actor)
        before, recorded = self.room, Recorded(self.room.version + 1, self.now, event)
        self.room = apply(before, recorded)
        self.stream.append(recorded)
        self.deliver(before, recorded)
        self.note(event)

    def role(self, who: ParticipantId) -> Role:
        return self.given.get(who, LAUNCH[who])

    def judge(self, event: Event, actor: c.Actor | None) -> None:
        """Say whether this event may follow from anything this actor does."""
        by = None if actor is None else actor.participant
        assert by is None or not self.room.person(by).removed
        match event:
            case StageMoved(participant=who, move=Move.ACCEPT):
                assert who == by
                assert self.invited[who] > self.now
            case StageMoved(participant=who, move=Move.JOIN):
                assert who == by
                allowed = self.access is StageAccess.EVERYONE or (who, Grant.JOIN_STAGE) in self.grants
                assert allowed or self.role(who) is not Role.ATTENDEE
            case StageMoved(move=Move.INVITE | Move.APPROVE | Move.DECLINE | Move.REVOKE):
                assert by is not None
                assert self.role(by).is_staff
            case SourceSwitched(participant=who, on=True):
                assert who == by, "nobody's source is ever switched on by somebody else"
            case _:
                pass
        self.judge_protection(event, by)

    def judge_protection(self, event: Event, by: ParticipantId | None) -> None:
        managing = (SourceSwitched, RoleGiven, GrantGiven, RemovedFromRoom)
        is_managing = isinstance(event, managing) or (
            isinstance(event, StageMoved) and event.move in {Move.REMOVE, Move.DEPART}
        )
        if not is_managing or by is None:
            return
        target = event.participant
        if target != by:
            assert self.role(by) is Role.HOST or (
                self.role(by).is_staff and self.role(target) is not Role.HOST
            )
        if isinstance(event, RoleGiven) and (event.role or LAUNCH[target]) is Role.HOST:
            assert self.role(by) is Role.HOST

    def note(self, event: Event) -> None:
        match event:
            case StageMoved(participant=who, move=move, until=until):
                self.invited.pop(who, None)
                if move in {Move.INVITE, Move.APPROVE}:
                    assert until is not None
                    self.invited[who] = until
            case InvitationExtended(participant=who, until=until):
                assert who in self.invited
                self.invited[who] = until
            case RoleGiven(participant=who, role=role):
                self.given.pop(who, None)
                if role is not None:
                    self.given[who] = role
            case GrantGiven(participant=who, grant=grant, given=given):
                (self.grants.add if given else self.grants.discard)((who, grant))
            case AccessSet(access=access):
                self.access = access
            case SessionEnded():
                self.invited.clear()
            case _:
                pass

    def deliver(self, before: Room, recorded: Recorded) -> None:
        """Check the chains of versions, and that nobody's view changes without an event for those eyes."""
        reached = audiences(before, recorded.event)
        for audience in reached:
            assert before.heard(audience) == self.heard.get(audience, 0)
            self.heard[audience] = recorded.version
        for who in LAUNCH:
            role = self.role(who)
            mine = {EVERYONE, only(who)} | ({STAFF} if role.is_staff else set())
            if not mine & set(reached):
                assert seen(before, who, role) == seen(self.room, who, role)

    @invariant()
    def the_stage_is_never_fuller_than_its_seats(self) -> None:
        assert self.room.seats_taken <= SEATS or self.room.version == 0

    @invariant()
    def every_place_has_what_belongs_to_it_and_nothing_else(self) -> None:
        for who, person in self.room.people.items():
            assert (person.requested_at is not None) == (person.place is Place.REQUESTED)
            assert (person.invitation is not None) == (person.place is Place.INVITED) == (who in self.invited)
            assert (person.stage_since is not None) == (person.place is Place.ON_STAGE)
            assert (person.role_on_stage is not None) == (person.place is Place.ON_STAGE)
            assert person.is_on_stage or person.on <= {c.Source.SCREEN}
            assert person.away_until is None or person.has_something_to_keep
            assert not person.removed or not (person.has_something_to_keep or person.on)
            if c.Source.SCREEN in person.on:
                assert self.role(who).is_staff or (who, Grant.PRESENT) in self.grants
            if person.is_on_stage:
                assert person.role_on_stage is self.role(who)

    @invariant()
    def requests_are_open_in_one_mode_only(self) -> None:
        assert self.access is StageAccess.REQUEST or not self.room.requests()

    @invariant()
    def nothing_goes_on_between_sessions(self) -> None:
        if self.room.session is None:
            assert not any(person.has_something_to_keep or person.on for person in self.room.people.values())

    @invariant()
    def a_viewer_sees_nothing_that_is_for_staff(self) -> None:
        public = {who for who, person in self.room.people.items() if person.is_on_stage or person.hand_at}
        public |= {*self.room.presenting(), *self.given}
        for who in LAUNCH:
            if self.role(who).is_staff:
                continue
            found = view(self.room, who, self.role(who))
            assert not {"requests", "invitations", "removed"} & found.keys()
            assert "staff" not in found["versions"]
            del found["me"]
            assert {text for text in texts(found) if text in LAUNCH} <= public

    def teardown(self) -> None:
        """The stream gives the same room, and so does a snapshot of it."""
        stored = tuple(codec.decode(codec.encode(recorded)) for recorded in self.stream)
        assert stored == tuple(self.stream)
        assert replay(Room(ROOM), stored) == self.room
        assert snapshot.decode(snapshot.encode(self.room)) == self.room


def seen(room: Room, who: ParticipantId, role: Role) -> dict[str, Any]:
    """Return what somebody sees, but for the counting."""
    return {**view(room, who, role), "version": None, "versions": None}


def rotated(items: list[Item], by: int) -> list[Item]:
    """Return the list beginning somewhere else."""
    start = by % len(items)
    return items[start:] + items[:start]


def texts(value: Any) -> Iterator[str]:
    """Return every text in a JSON value, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


AnyRoom.TestCase.settings = settings(max_examples=70, stateful_step_count=60, deadline=None)
TestAnyRoom = AnyRoom.TestCase
