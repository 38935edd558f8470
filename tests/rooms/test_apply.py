"""Apply is total and moves by the same table as decide."""

import itertools
from typing import get_args

import pytest

from lti_room.rooms.apply import apply
from lti_room.rooms.events import Event, InvitationExtended, Recorded, StageMoved
from lti_room.rooms.model import Person, Room
from lti_room.rooms.stage import TRANSITIONS, Move, Place
from tests.support.room_events import EXAMPLES
from tests.support.rooms import NOW, ROOM, a_room, an_attendee

NOAH = an_attendee()


def standing(place: Place) -> Room:
    """Return a room where Noah stands somewhere."""
    return a_room().room.with_person(NOAH.participant, Person(place=place))


@pytest.mark.parametrize(("place", "move"), list(itertools.product(Place, Move)))
def test_a_move_goes_where_the_table_says_or_nowhere(place: Place, move: Move) -> None:
    room = standing(place)
    moved = apply(room, Recorded(room.version + 1, NOW, StageMoved(NOAH.participant, move, None)))
    assert moved.person(NOAH.participant).place is TRANSITIONS[place].get(move, place)
    assert moved.version == room.version + 1


@pytest.mark.parametrize("event", EXAMPLES, ids=lambda event: event.TYPE)
def test_every_event_applies_to_a_room_that_never_heard_of_anything(event: Event) -> None:
    after = apply(Room(ROOM), Recorded(1, NOW, event))
    assert after.version == 1
    assert Room(ROOM).version == 0


def test_the_examples_are_all_events() -> None:
    assert {type(event) for event in EXAMPLES} == set(get_args(Event))


def test_an_extension_without_invitation_changes_nothing() -> None:
    room = standing(Place.VIEWER)
    event = InvitationExtended(NOAH.participant, NOW, True)
    assert apply(room, Recorded(room.version + 1, NOW, event)).people == room.people


def test_the_room_before_is_not_touched() -> None:
    room = standing(Place.VIEWER)
    people, versions = dict(room.people), dict(room.audience_versions)
    apply(room, Recorded(room.version + 1, NOW, StageMoved(NOAH.participant, Move.ASK, None)))
    assert (room.people, room.audience_versions) == (people, versions)
