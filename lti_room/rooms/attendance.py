"""Who was there, for how long, and what that counts: pure rules over what a session's record holds.

A **stay** is from entering until the last connection went. The **lesson** is the part of a session that
counts; **standing** is one person's place in it, **credit** its share of the full points.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from lti_room.base.errors import AppError
from lti_room.base.ids import ParticipantId

MINUTE: Final = 60.0
LEAST_LESSON_SECONDS: Final = 5 * MINUTE
"""A shorter lesson was somebody trying the room out: it does not count unless a host says so."""


class Kind(StrEnum):
    """What somebody is to the gradebook: teachers and the LMS's test student never get a grade."""

    LEARNER = "learner"
    STAFF = "staff"
    TEST = "test"


class Status(StrEnum):
    """One person in one session. Part of the API: never renamed."""

    PRESENT = "present"
    LATE = "late"
    LEFT_EARLY = "left_early"
    ABSENT = "absent"
    EXCUSED = "excused"


class Scoring(StrEnum):
    """`threshold`: there long enough is all points, else none. `proportional`: points by the share."""

    THRESHOLD = "threshold"
    PROPORTIONAL = "proportional"


@dataclass(frozen=True)
class Stay:
    """One time in the room, in seconds since the epoch; `until` is None while it lasts."""

    start: float
    until: float | None = None


@dataclass(frozen=True)
class Attendee:
    """What the record of a session holds of one person."""

    kind: Kind
    stays: tuple[Stay, ...] = ()

    @property
    def is_in(self) -> bool:
        """Whether the record says that they are in the room now."""
        return any(stay.until is None for stay in self.stays)


@dataclass(frozen=True)
class Lesson:
    """The part of a session that counts, in seconds since the epoch."""

    start: float
    until: float

    @property
    def seconds(self) -> float:
        """Its length."""
        return max(0.0, self.until - self.start)


@dataclass(frozen=True)
class Rules:
    """From when on somebody is late, left early, or was absent.

    Raises:
        AppError: `bad_rules`, a number is out of range.
    """

    late_minutes: int = 10
    early_minutes: int = 10
    present_percent: int = 50
    scoring: Scoring = Scoring.THRESHOLD

    def __post_init__(self) -> None:
        minutes = (self.late_minutes, self.early_minutes)
        if not all(0 <= one <= 600 for one in minutes) or not 1 <= self.present_percent <= 100:
            raise AppError("bad_rules", "Minutes are 0 to 600 and the share is 1 to 100 percent.")


@dataclass(frozen=True)
class Standing:
    """One person in one session. `share` is of the lesson, 0 to 1; `first` and `last` are in it."""

    status: Status
    automatic: Status
    seconds: float
    share: float
    first: float | None
    last: float | None


def lesson(
    people: Iterable[Attendee], started_at: float, ended_at: float, planned_start: float | None = None
) -> Lesson:
    """Return the part of a session that counts: while staff *and* learners were there.

    From the first moment both were in the room to the last: a teacher who opens the room early or forgets to
    close it, and students who chat before or after, make nobody late or absent. Where one of the two never
    came, the other's time counts; where nobody came, all of it. Nothing before a planned start counts.
    """
    attendees = list(people)
    staff = _together(one for one in attendees if one.kind is Kind.STAFF)
    others = _together(one for one in attendees if one.kind is not Kind.STAFF)
    spans = _overlaps(staff, others, ended_at) or _within(staff or others, Lesson(started_at, ended_at))
    if not spans:
        return Lesson(started_at, ended_at)
    start, until = spans[0].start, spans[-1].until
    return Lesson(planned_start if planned_start and start < planned_start < until else start, until)


def judge(
    attendee: Attendee | None, counted: Lesson, rules: Rules, changed: Status | None = None
) -> Standing:
    """Return where one person stands; None: never came. What a person of the staff `changed` wins."""
    spans = _within(_together([attendee] if attendee else []), counted)
    seconds = sum(span.seconds for span in spans)
    share = min(1.0, seconds / counted.seconds) if counted.seconds else float(bool(spans))
    first, last = (spans[0].start, spans[-1].until) if spans else (None, None)
    automatic = _automatic(share, first, last, counted, rules)
    return Standing(changed or automatic, automatic, seconds, share, first, last)


def _automatic(
    share: float, first: float | None, last: float | None, counted: Lesson, rules: Rules
) -> Status:
    if first is None or last is None or share * 100 < rules.present_percent:
        return Status.ABSENT
    if first - counted.start > rules.late_minutes * MINUTE:
        return Status.LATE
    if counted.until - last > rules.early_minutes * MINUTE:
        return Status.LEFT_EARLY
    return Status.PRESENT


def credit(standing: Standing, rules: Rules) -> float | None:
    """Return the share of the full points, 0 to 1; None: excused, the session counts for nothing."""
    if standing.status is Status.EXCUSED:
        return None
    if standing.status is Status.ABSENT and (
        rules.scoring is Scoring.THRESHOLD or standing.automatic is not Status.ABSENT
    ):
        return 0.0
    marked_present = standing.status is Status.PRESENT and standing.automatic is not Status.PRESENT
    if rules.scoring is Scoring.THRESHOLD or marked_present:
        return 1.0
    return standing.share


def grade(credits: Iterable[float | None], points: float) -> float | None:
    """Return the points of one person over all sessions, to the hundredth; None: nothing to grade yet."""
    counted = [one for one in credits if one is not None]
    return round(points * sum(counted) / len(counted), 2) if counted else None


def summary(standings: Iterable[Standing]) -> Mapping[Status, int]:
    """Return how many people have each status."""
    counts = dict.fromkeys(Status, 0)
    for one in standings:
        counts[one.status] += 1
    return counts


def the_class(records: Iterable[Mapping[ParticipantId, Attendee]]) -> set[ParticipantId]:
    """Return everybody a gradebook may know: who ever came, and never as staff or as a test student."""
    kinds: dict[ParticipantId, set[Kind]] = {}
    for people in records:
        for who, attendee in people.items():
            kinds.setdefault(who, set()).add(attendee.kind)
    return {who for who, found in kinds.items() if found == {Kind.LEARNER}}


def never_came(
    course: Iterable[ParticipantId], records: Iterable[Mapping[ParticipantId, Attendee]]
) -> frozenset[ParticipantId]:
    """Return those of the course's learners whom no record names, as whatever they came."""
    return frozenset(course).difference(*records)


def counts_by_itself(people: Mapping[ParticipantId, Attendee], counted: Lesson) -> bool:
    """Whether a session counts unless a host decides otherwise: long enough, and a learner came."""
    came = any(one.kind is Kind.LEARNER for one in people.values())
    return came and counted.seconds >= LEAST_LESSON_SECONDS


def _together(people: Iterable[Attendee]) -> list[Stay]:
    """Return when at least one of these people was there, in order."""
    joined: list[Stay] = []
    for stay in sorted((s for one in people for s in one.stays), key=lambda s: s.start):
        before = joined[-1] if joined else None
        if before and (before.until is None or before.until >= stay.start):
            ends = None if before.until is None or stay.until is None else max(before.until, stay.until)
            joined[-1] = Stay(before.start, ends)
        else:
            joined.append(stay)
    return joined


def _overlaps(staff: Iterable[Stay], others: Iterable[Stay], ended_at: float) -> list[Lesson]:
    met = [
        Lesson(max(a.start, b.start), min(_end(a, ended_at), _end(b, ended_at)))
        for a in staff
        for b in others
    ]
    return sorted((one for one in met if one.seconds > 0), key=lambda one: one.start)


def _within(stays: Iterable[Stay], counted: Lesson) -> list[Lesson]:
    clipped = [
        Lesson(max(stay.start, counted.start), min(_end(stay, counted.until), counted.until))
        for stay in stays
    ]
    return [one for one in clipped if one.seconds > 0]


def _end(stay: Stay, ended_at: float) -> float:
    return ended_at if stay.until is None else min(stay.until, ended_at)
