"""When a room is open. Staff come in at any time; others from a while before its start on."""

from dataclasses import dataclass
from typing import Final

from lti_room.base.errors import AppError
from lti_room.rooms.roles import Role

_LATEST: Final = 4_102_444_800.0  # the year 2100: a time in milliseconds is no time


@dataclass(frozen=True)
class Schedule:
    """Start and end as planned, each may be missing, and how long before the start everybody may come in.

    Times are seconds since the epoch, `early` is in seconds. The end puts nobody out.
    """

    start: float | None = None
    end: float | None = None
    early: float = 0.0

    @property
    def opens_at(self) -> float | None:
        """From when on everybody may come in; None: always."""
        return None if self.start is None else self.start - self.early

    def is_over(self, now: float) -> bool:
        """Whether all that was planned lies in the past; never so without any time."""
        last = self.end if self.end is not None else self.start
        return last is not None and last < now


ALWAYS: Final = Schedule()


def planned(start: float | None, end: float | None, early: float) -> Schedule:
    """Return a schedule somebody asks for.

    Raises:
        AppError: `bad_schedule`, the end is not after the start, or one is no time at all.
    """
    times = [moment for moment in (start, end) if moment is not None]
    sound = all(0 < moment < _LATEST for moment in times)
    if not sound or times != sorted(set(times)):
        raise AppError("bad_schedule", "The end must be after the start.")
    return Schedule(start, end, early)


def may_enter(schedule: Schedule, role: Role, now: float) -> bool:
    """Whether somebody with this role may come in now."""
    return role.is_staff or schedule.opens_at is None or now >= schedule.opens_at
