"""The tables in the package's README are those of the code."""

from pathlib import Path

import pytest

import lti_room.rooms
from lti_room.rooms.policy import WHO
from lti_room.rooms.roles import Role
from lti_room.rooms.stage import Move, Place, after

README = Path(lti_room.rooms.__file__).with_name("README.md").read_text()


def row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def moves() -> list[str]:
    lines = [row("move", *(place.value for place in Place)), row(*["---"] * (len(Place) + 1))]
    for move in Move:
        goals = (after(place, move) for place in Place)
        lines.append(row(f"`{move.value}`", *("" if goal is None else goal.value for goal in goals)))
    return lines


def commands() -> list[str]:
    letters = {Role.HOST: "h", Role.MODERATOR: "m", Role.ATTENDEE: "a", None: "s"}
    lines = [row("command", *letters.values()), row(*["---"] * (len(letters) + 1))]
    for command, who in WHO.items():
        lines.append(row(command.__name__, *("yes" if role in who else "" for role in letters)))
    return lines


@pytest.mark.parametrize(("name", "expected"), [("stage.py", moves()), ("policy.py", commands())])
def test_the_printed_table_is_the_real_one(name: str, expected: list[str]) -> None:
    printed = README.split(f"<!-- {name} -->\n")[1].split("<!-- end -->")[0]
    assert printed.strip().splitlines() == expected
