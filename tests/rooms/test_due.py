"""What the sweep has to do."""

from lti_room.rooms.commands import Depart, Expire, Lose, Return, Source, Switch
from lti_room.rooms.due import due, next_due, unreported
from tests.support.rooms import NOW, a_host, a_room, an_attendee

HOST, NOAH, MEI = a_host(), an_attendee("noah"), an_attendee("mei")


def test_nothing_is_due_in_a_quiet_room() -> None:
    room = a_room().bring(HOST, NOAH).ask(MEI).room
    assert due(room, NOW + 1_000_000) == ()
    assert next_due(room) is None


def test_invitations_and_kept_seats_are_due_at_their_time_and_decide_agrees() -> None:
    scene = a_room().bring(MEI).invite(HOST, NOAH)
    scene.do(Lose(MEI.participant))
    assert next_due(scene.room) == scene.now + 30
    scene.wait(29.5)
    assert due(scene.room, scene.now) == ()
    scene.wait(0.5)
    assert due(scene.room, scene.now) == (Depart(MEI.participant),)
    scene.wait(90)
    commands = due(scene.room, scene.now)
    assert commands == (Expire(NOAH.participant), Depart(MEI.participant))
    for command in commands:
        assert scene.do(command)
    assert due(scene.room, scene.now) == ()


def test_whoever_holds_something_without_being_connected_is_unreported() -> None:
    scene = a_room().bring(NOAH).ask(MEI)
    scene.do(Switch(Source.SCREEN, True), HOST)
    everybody = {HOST.participant, NOAH.participant, MEI.participant}
    assert unreported(scene.room, everybody) == ()
    found = unreported(scene.room, set())
    assert {command.target for command in found} == everybody
    for command in found:
        assert scene.do(command)
    assert unreported(scene.room, set()) == ()


def test_whoever_is_connected_again_without_a_word_is_reported_back() -> None:
    scene = a_room().bring(NOAH)
    scene.do(Lose(NOAH.participant))
    found = unreported(scene.room, {NOAH.participant})
    assert found == (Return(NOAH.participant),)
    assert scene.do(found[0])
    assert unreported(scene.room, {NOAH.participant}) == ()
