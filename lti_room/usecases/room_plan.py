"""What a new room is to be: said at deep linking, copied from another course's room, or the defaults."""

from dataclasses import dataclass
from typing import Final

from lti_room.base.ids import ParticipantId
from lti_room.rooms.commands import OpenRoom
from lti_room.rooms.decide import decide
from lti_room.rooms.events import Event, LeavingAllowed, ScheduleSet
from lti_room.rooms.limits import Limits
from lti_room.rooms.model import Room
from lti_room.rooms.schedule import ALWAYS, Schedule
from lti_room.rooms.stage import StageAccess

TITLE_CHARACTERS: Final = 200
MOST_SEATS: Final = 100


@dataclass(frozen=True, kw_only=True)
class RoomPlan:
    """A room's title and rules. `course` is the course's title, shown beside it."""

    title: str
    course: str
    access: StageAccess
    seats: int
    schedule: Schedule = ALWAYS
    leaving_allowed: bool = False

    def opening(self, room: Room, by: ParticipantId, now: float) -> tuple[Event, ...]:
        """Return the events that open a room nobody has opened yet; none if it is open."""
        asked = OpenRoom(self.title, self.course, self.access, self.seats)
        opened = decide(room, asked, None, now, limits=Limits())
        if not opened:
            return ()
        plan = self.schedule
        timed = () if plan == ALWAYS else (ScheduleSet(plan.start, plan.end, plan.early, by),)
        leaving = (LeavingAllowed(True, by),) if self.leaving_allowed else ()
        return (*opened, *timed, *leaving)


def like(room: Room, title: str, course: str, now: float) -> RoomPlan:
    """Return the plan of a copy in another course. Times that are over belong to the old course alone."""
    return RoomPlan(
        title=title,
        course=course,
        access=room.access,
        seats=room.seats,
        schedule=ALWAYS if room.schedule.is_over(now) else room.schedule,
        leaving_allowed=room.leaving_allowed,
    )
