"""The gradebook of one emulated course, in memory: columns, and what each person has in them."""

from dataclasses import dataclass, field
from typing import Any

from lti_room.devlms.platform import Platform
from lti_room.devlms.roster import learners


@dataclass
class Entry:
    """What one person has in one column. `grade` is on the column's scale; `attempts` are Canvas's."""

    at: float
    grade: float | None = None
    comment: str = ""
    attempts: int = 0


@dataclass
class Column:
    """A line item. `coupled`: the LMS made it for a link; `path` is below the issuer."""

    path: str
    label: str
    maximum: float
    resource_id: str = ""
    tag: str = ""
    link_id: str = ""
    coupled: bool = False
    entries: dict[str, Entry] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """One person's line of the table people see."""

    name: str
    cells: list[str]


class Gradebook:
    """Columns by their path."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self.columns: dict[str, Column] = {}
        self._number = 40
        self.heeds_filters = True

    def add(self, column: Column) -> Column:
        """Put a column in; one with the same path is replaced."""
        self.columns[column.path] = column
        return column

    def new_number(self) -> int:
        """Return the number of the next column."""
        self._number += 1
        return self._number

    def gradable(self) -> dict[str, dict[str, Any]]:
        """Return the people who can have grades, by their id."""
        return {member["user_id"]: member for member in learners(self._platform)}

    def rows(self) -> list[Row]:
        """Return the table: one line per learner, one cell per column."""
        return [
            Row(person["name"], [_shown(column, user) for column in self.columns.values()])
            for user, person in self.gradable().items()
        ]


def _shown(column: Column, user: str) -> str:
    entry = column.entries.get(user)
    if entry is None or entry.grade is None:
        return "–"
    return f"{entry.grade:g} / {column.maximum:g}"
