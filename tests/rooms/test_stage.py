"""The transition table, cell by cell, against the words of the design."""

import pytest

from lti_room.rooms.stage import TRANSITIONS, Move, Place, after

LEADS_TO = {
    # move: (from viewer, from requested, from invited, from on_stage)
    "ask": ("requested", None, None, None),
    "cancel": (None, "viewer", None, None),
    "decline": (None, "viewer", None, None),
    "approve": (None, "invited", None, None),
    "invite": ("invited", "invited", None, None),
    "accept": (None, None, "on_stage", None),
    "reject": (None, None, "viewer", None),
    "revoke": (None, None, "viewer", None),
    "expire": (None, None, "viewer", None),
    "join": ("on_stage", "on_stage", "on_stage", None),
    "leave": (None, None, None, "viewer"),
    "remove": (None, None, None, "viewer"),
    "release": (None, "viewer", None, None),
    "depart": (None, "viewer", "viewer", "viewer"),
}
PLACES = ("viewer", "requested", "invited", "on_stage")
CELLS = [(place, move, goals[i]) for move, goals in LEADS_TO.items() for i, place in enumerate(PLACES)]


def test_every_place_and_move_is_in_this_table() -> None:
    assert {place.value for place in Place} == set(PLACES)
    assert {move.value for move in Move} == set(LEADS_TO)
    assert set(TRANSITIONS) == set(Place)


@pytest.mark.parametrize(("place", "move", "goal"), CELLS)
def test_cell(place: str, move: str, goal: str | None) -> None:
    assert after(Place(place), Move(move)) == goal
