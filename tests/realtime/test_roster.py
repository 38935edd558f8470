"""The list of people: deltas in small rooms, counts, pages and search in large ones."""

from collections.abc import Iterator

import pytest

from lti_room.base.clock import SystemClock
from lti_room.base.entropy import new_id
from lti_room.base.ids import ConnectionId, ParticipantId
from lti_room.realtime.bus import STREAM
from lti_room.realtime.presence import Presence, Row
from lti_room.rooms.roles import Role
from lti_room.usecases.people import Person
from tests.support.pages import REGISTRATION, TestRoom


class Crowd:
    """People connected to a process elsewhere: rows as that process would write them."""

    def __init__(self, room: TestRoom) -> None:
        self._room = room
        self._presence = Presence(room.redis, SystemClock(), room.stack.settings, new_id("w"))
        self._presence.beat()
        self.rows: list[Row] = []

    def come(self, count: int) -> None:
        for n in range(len(self.rows), len(self.rows) + count):
            row = Row(
                connection=ConnectionId(new_id("c")),
                participant=ParticipantId(new_id("p")),
                process=self._presence.process,
                socket="k",
                role=Role.ATTENDEE,
                launch=self._room.launch("x").launch,
                kind="tab",
                since=0.0,
                entered=True,
            )
            self._room.people.remember(REGISTRATION, row.participant, Person(f"Ánna Number {n:03}"))
            self._presence.arrive(self._room.id, row)
            self._presence.enter(self._room.id, row, take_over=False)
            self.rows.append(row)
        self._tell()

    def go(self, count: int) -> list[ParticipantId]:
        gone, self.rows = self.rows[:count], self.rows[count:]
        for row in gone:
            assert self._presence.gone(self._room.id, row) is not None
        self._tell()
        return [row.participant for row in gone]

    def _tell(self) -> None:
        self._presence.beat()
        message = b'{"topic":"roster","room":"%s"}' % self._room.id.encode()
        self._room.redis.xadd(STREAM, {"e": message})

    def end(self) -> None:
        self.go(len(self.rows))
        self._presence.farewell()


@pytest.fixture
def crowd(room: TestRoom) -> Iterator[Crowd]:
    made = Crowd(room)
    yield made
    made.end()


@pytest.fixture(scope="module")
def stack_settings() -> dict[str, str]:
    return {"LTI_ROOM_ROSTER_FULL_PEOPLE": "60", "LTI_ROOM_ROSTER_PAGE": "20"}


def test_comings_and_goings_in_a_small_room(room: TestRoom) -> None:
    host = room.join("Elena Marín", Role.HOST, web=0)
    noah = room.join("Noah Kim", web=1)
    joined = {"id": noah.id, "name": "Noah Kim", "role": "attendee"}
    told = host.wait("roster", lambda told: joined in told["joined"])
    assert told["people"] == 2
    assert told["complete"] is True
    noah.close()
    told = host.wait("roster", lambda told: noah.id in told["left"])
    assert (told["people"], told["viewers"]) == (1, 1)
    host.done("join", microphone=False, camera=False)
    assert host.wait("roster", lambda told: told["viewers"] == 0)["people"] == 1


def test_many_comings_are_one_message(room: TestRoom, crowd: Crowd) -> None:
    host = room.join("Elena Marín", Role.HOST, web=0)
    host.wait("roster")
    before = len(host.messages("roster"))
    crowd.come(40)
    host.wait("roster", lambda told: told["people"] == 41)
    assert len(host.messages("roster")) - before <= 3
    names = [one["name"] for told in host.messages("roster") for one in told["joined"]]
    assert len(names) == len(set(names)) == 41


def test_a_large_room_has_counts_pages_and_search(room: TestRoom, crowd: Crowd) -> None:
    host = room.join("Elena Marín", Role.HOST, web=0)
    host.done("join", microphone=False, camera=False)
    crowd.come(75)
    told = host.wait("roster", lambda told: told["people"] == 76)
    assert (told["joined"], told["left"], told["viewers"], told["complete"]) == ([], [], 75, False)
    page = host.call("roster", {"page": 0})
    assert [one["name"] for one in page["people"]] == [f"Ánna Number {n:03}" for n in range(20)]
    assert (page["total"], page["page"]) == (75, 0)
    assert len(host.call("roster", {"page": 3})["people"]) == 15
    assert host.call("roster", {"page": 4})["people"] == []
    found = host.call("roster", {"search": "anna number 07"})
    assert [one["name"] for one in found["people"]] == [f"Ánna Number 07{n}" for n in range(5)]
    assert host.call("roster", {"search": "ELENA"})["people"][0]["id"] == host.id, "over everybody"
    noah = room.page(room.launch("Noah Kim"), web=1)
    shown = noah.connect()["roster"]
    assert (len(shown["people"]), shown["complete"], shown["viewers"]) == (20, False, 75)


def test_a_room_that_becomes_small_again_tells_everybody_at_once(room: TestRoom, crowd: Crowd) -> None:
    host = room.join("Elena Marín", Role.HOST, web=0)
    crowd.come(70)
    host.wait("roster", lambda told: told["people"] == 71)
    crowd.go(30)
    told = host.wait("roster", lambda told: told["complete"] and told["people"] == 41)
    assert len(told["joined"]) == 41


def test_malformed_questions(room: TestRoom) -> None:
    noah = room.join("Noah Kim")
    for bad in ({}, {"page": -1}, {"page": "1"}, {"page": True}, {"search": ""}, {"search": "x" * 101}, None):
        assert noah.call("roster", bad)["error"]["code"] == "bad_message"
