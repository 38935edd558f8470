"""The form of a room: what was sent, what is wrong with it, and the plan it says."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from lti_room.base.errors import AppError
from lti_room.rooms.schedule import Schedule, planned
from lti_room.rooms.stage import StageAccess
from lti_room.usecases.room_plan import MOST_SEATS, TITLE_CHARACTERS, RoomPlan
from lti_room.usecases.room_settings import RoomSettings

_LONGEST: Final = 64


class Mode(NamedTuple):
    """The words of a stage access: keys of sentences."""

    name: str
    detail: str


MODES: Final[Mapping[StageAccess, Mode]] = {
    StageAccess.EVERYONE: Mode("deep_link.access.everyone", "deep_link.access.everyone_detail"),
    StageAccess.REQUEST: Mode("deep_link.access.request", "deep_link.access.request_detail"),
    StageAccess.INVITE: Mode("deep_link.access.invite", "deep_link.access.invite_detail"),
}


@dataclass(frozen=True, kw_only=True)
class RoomForm:
    """Values as they stand in the form; `errors` says by field what is wrong, as a sentence's key.

    `start_at` and `end_at` are seconds since the epoch, made by the page from local times; `start` and `end`
    are those local times, of which only it matters whether there are any.
    """

    which: str = "new"
    room: str = ""
    title: str = ""
    access: str = StageAccess.REQUEST
    start: str = ""
    start_at: str = ""
    end: str = ""
    end_at: str = ""
    graded: bool = False
    points: str = "10"
    seats: str = "25"
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def again(self) -> bool:
        """Whether a room that is there is to be placed again."""
        return self.which == "again"

    def plan(self, course: str, early: float) -> RoomPlan:
        """Return the room this form says; `read` found no error in it."""
        return RoomPlan(
            title=_title(self.title),
            course=course,
            access=StageAccess(self.access),
            seats=int(self.seats),
            schedule=_schedule(self, early),
        )

    def grading(self) -> RoomSettings:
        """Return what counts for the gradebook."""
        return (
            RoomSettings(graded=self.graded, points=_number(self.points)) if self.graded else RoomSettings()
        )


def read(sent: Mapping[str, str]) -> RoomForm:
    """Read a form that was sent, whatever stands in it; `errors` is empty if all is well."""
    kept: dict[str, Any] = {name: sent.get(name, "")[:_LONGEST] for name in _TEXTS}
    title = sent.get("title", "")[: TITLE_CHARACTERS + 1]
    form = RoomForm(**kept, title=title, graded=sent.get("graded") == "1")
    if form.again:
        return form
    return replace(form, errors={name: wrong for name, check in _CHECKS.items() if (wrong := check(form))})


_TEXTS: Final = ("which", "room", "access", "start", "start_at", "end", "end_at", "points", "seats")


def _title(title: str) -> str:
    return " ".join(title.split())


def _check_title(form: RoomForm) -> str | None:
    title = _title(form.title)
    if not title or not title.isprintable():
        return "deep_link.wrong.title"
    return "deep_link.wrong.title_long" if len(title) > TITLE_CHARACTERS else None


def _check_access(form: RoomForm) -> str | None:
    return None if form.access in set(StageAccess) else "deep_link.wrong.access"


def _check_start(form: RoomForm) -> str | None:
    return "deep_link.wrong.time" if _is_unclear(form.start, form.start_at) else None


def _check_end(form: RoomForm) -> str | None:
    if _is_unclear(form.end, form.end_at):
        return "deep_link.wrong.time"
    if _check_start(form):
        return None
    try:
        _schedule(form, 0.0)
    except AppError:
        return "deep_link.wrong.end"
    return None


def _check_points(form: RoomForm) -> str | None:
    if not form.graded:
        return None
    try:
        RoomSettings(graded=True, points=_number(form.points))
    except AppError:
        return "deep_link.wrong.points"
    return None


def _check_seats(form: RoomForm) -> str | None:
    text = form.seats.strip()
    return (
        None
        if text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_SEATS
        else "deep_link.wrong.seats"
    )


_CHECKS: Final = {
    "title": _check_title,
    "access": _check_access,
    "start": _check_start,
    "end": _check_end,
    "points": _check_points,
    "seats": _check_seats,
}


def _is_unclear(local: str, moment: str) -> bool:
    return (bool(local) and not moment) or (bool(moment) and math.isnan(_number(moment)))


def _schedule(form: RoomForm, early: float) -> Schedule:
    start, end = (_number(text) if text else None for text in (form.start_at, form.end_at))
    return planned(start, end, early)


def _number(text: str) -> float:
    """Return a number as people write it, with point or comma; no number is NaN."""
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return math.nan
