"""Who hears what: the table of PROTOCOL.md, row by row."""

import pytest

from lti_room.rooms.audience import audiences
from lti_room.rooms.commands import Depart, GiveGrant, Invite, RaiseHand
from lti_room.rooms.events import Event, StageMoved
from lti_room.rooms.model import EVERYONE, STAFF, only
from lti_room.rooms.roles import Grant
from lti_room.rooms.stage import Move
from tests.support.room_events import EXAMPLES, NOAH
from tests.support.rooms import a_host, a_room, an_attendee

QUIET = ("invitation_extended", "grant_given", "removed_from_room", "readmitted")
QUIET_MOVES = ("ask", "cancel", "decline", "approve", "invite", "reject", "revoke", "expire", "release")


@pytest.mark.parametrize(
    "event", [event for event in EXAMPLES if not isinstance(event, StageMoved)], ids=lambda event: event.TYPE
)
def test_events(event: Event) -> None:
    expected = (STAFF, only(NOAH)) if event.TYPE in QUIET else (EVERYONE,)
    assert audiences(a_room().room, event) == expected


@pytest.mark.parametrize("move", [move for move in Move if move is not Move.DEPART])
def test_moves(move: Move) -> None:
    expected = (STAFF, only(NOAH)) if move in QUIET_MOVES else (EVERYONE,)
    assert audiences(a_room().room, StageMoved(NOAH, move, None)) == expected


def test_a_departure_is_seen_by_all_from_the_stage_only() -> None:
    departure = StageMoved(NOAH, Move.DEPART, None)
    assert audiences(a_room().bring(an_attendee()).room, departure) == (EVERYONE,)
    assert audiences(a_room().ask(an_attendee()).room, departure) == (STAFF, only(NOAH))
    assert audiences(a_room().invite(a_host(), an_attendee()).room, departure) == (STAFF, only(NOAH))


def test_each_audience_counts_for_itself() -> None:
    host, noah, mei = a_host(), an_attendee("noah"), an_attendee("mei")
    scene = a_room(people=[noah, mei])
    assert scene.room.heard(EVERYONE) == scene.room.version == 2
    scene.do(RaiseHand(), mei)
    scene.do(Invite(noah.participant), host)
    scene.do(GiveGrant(mei.participant, Grant.PRESENT, True), host)
    scene.do(Depart(noah.participant), noah)
    heard = {
        who: scene.room.heard(who) for who in (EVERYONE, STAFF, only(noah.participant), only(mei.participant))
    }
    assert list(heard.values()) == [3, 6, 6, 5]
    assert scene.room.heard(only(host.participant)) == 0
