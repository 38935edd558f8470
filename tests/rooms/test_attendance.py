"""Who was there, for how long, and what that counts. Minutes are numbers; a lesson lasts an hour."""

import pytest

from lti_room.base.errors import AppError
from lti_room.base.ids import ParticipantId
from lti_room.rooms.attendance import (
    Attendee,
    Kind,
    Lesson,
    Rules,
    Scoring,
    Standing,
    Status,
    Stay,
    counts_by_itself,
    credit,
    grade,
    judge,
    lesson,
    never_came,
    summary,
    the_class,
)

HOUR = Lesson(0.0, 3600.0)
RULES = Rules()
PROPORTIONAL = Rules(scoring=Scoring.PROPORTIONAL)


def stays(*minutes: tuple[float, float | None]) -> tuple[Stay, ...]:
    return tuple(Stay(start * 60, None if until is None else until * 60) for start, until in minutes)


def learner(*minutes: tuple[float, float | None]) -> Attendee:
    return Attendee(Kind.LEARNER, stays(*minutes))


def staff(*minutes: tuple[float, float | None]) -> Attendee:
    return Attendee(Kind.STAFF, stays(*minutes))


def minutes_of(found: Lesson) -> tuple[float, float]:
    return found.start / 60, found.until / 60


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ([staff((0, 60)), learner((0, 60))], (0, 60)),
        ([staff((0, 90)), learner((20, 60))], (20, 60)),
        ([staff((15, 60)), learner((0, 75))], (15, 60)),
        ([staff((0, 20), (40, 60)), learner((0, 60))], (0, 60)),
        ([staff((0, None)), learner((5, 50)), learner((7, None))], (5, 120)),
        ([learner((3, 10)), learner((5, 50))], (3, 50)),
        ([staff((10, 20))], (10, 20)),
        ([staff((0, 10)), learner((20, 60))], (0, 10)),
        ([], (0, 120)),
    ],
    ids=[
        "both all the time",
        "the room was opened early and left open",
        "students chat before and after",
        "the teacher's line broke in between",
        "still running",
        "no teacher came",
        "nobody else came",
        "they never met",
        "nobody came",
    ],
)
def test_the_lesson_is_while_staff_and_learners_are_there(
    people: list[Attendee], expected: tuple[float, float]
) -> None:
    assert minutes_of(lesson(people, 0.0, 120 * 60.0)) == expected


@pytest.mark.parametrize(
    ("attendee", "status", "minutes"),
    [
        (learner((0, 60)), Status.PRESENT, 60),
        (learner((10, 60)), Status.PRESENT, 50),
        (learner((10.1, 60)), Status.LATE, 49.9),
        (learner((0, 50)), Status.PRESENT, 50),
        (learner((0, 49)), Status.LEFT_EARLY, 49),
        (learner((12, 45)), Status.LATE, 33),
        (learner((0, 30)), Status.LEFT_EARLY, 30),
        (learner((0, 29.9)), Status.ABSENT, 29.9),
        (learner((31, 60)), Status.ABSENT, 29),
        (learner((0, 15), (20, 60)), Status.PRESENT, 55),
        (learner((0, 40), (10, 60)), Status.PRESENT, 60),
        (learner((-20, 90)), Status.PRESENT, 60),
        (learner((-20, -5)), Status.ABSENT, 0),
        (learner((5, None)), Status.PRESENT, 55),
        (None, Status.ABSENT, 0),
    ],
)
def test_a_standing(attendee: Attendee | None, status: Status, minutes: float) -> None:
    found = judge(attendee, HOUR, RULES)
    assert found.status is found.automatic is status
    assert found.seconds == pytest.approx(minutes * 60)
    assert found.share == pytest.approx(minutes / 60)


def test_two_stays_at_once_count_once() -> None:
    assert judge(learner((0, 60), (0, 60)), HOUR, RULES).seconds == 3600


def test_what_the_teacher_says_wins_and_the_record_stays() -> None:
    found = judge(None, HOUR, RULES, Status.PRESENT)
    assert (found.status, found.automatic) == (Status.PRESENT, Status.ABSENT)


@pytest.mark.parametrize(
    ("attendee", "changed", "rules", "expected"),
    [
        (learner((0, 60)), None, RULES, 1.0),
        (learner((0, 30)), None, RULES, 1.0),
        (learner((12, 60)), None, RULES, 1.0),
        (learner((0, 29)), None, RULES, 0.0),
        (None, None, RULES, 0.0),
        (None, Status.EXCUSED, RULES, None),
        (None, Status.PRESENT, RULES, 1.0),
        (learner((0, 60)), Status.ABSENT, RULES, 0.0),
        (learner((0, 45)), None, PROPORTIONAL, 0.75),
        (learner((0, 15)), None, PROPORTIONAL, 0.25),
        (learner((0, 45)), Status.ABSENT, PROPORTIONAL, 0.0),
        (learner((0, 15)), Status.PRESENT, PROPORTIONAL, 1.0),
        (learner((0, 45)), Status.EXCUSED, PROPORTIONAL, None),
    ],
)
def test_credit(
    attendee: Attendee | None, changed: Status | None, rules: Rules, expected: float | None
) -> None:
    assert credit(judge(attendee, HOUR, rules, changed), rules) == expected


@pytest.mark.parametrize(
    ("credits", "expected"),
    [
        ([1.0], 10.0),
        ([1.0, 0.0], 5.0),
        ([1.0, None, 1.0], 10.0),
        ([1.0, 1.0, 0.0], 6.67),
        ([0.0], 0.0),
        ([None, None], None),
        ([], None),
    ],
)
def test_a_grade_is_the_average_of_the_sessions_that_count(
    credits: list[float | None], expected: float | None
) -> None:
    assert grade(credits, 10.0) == expected


def test_a_session_counts_by_itself_when_it_was_long_enough_and_a_learner_came() -> None:
    noah = ParticipantId("p_noah")
    assert counts_by_itself({noah: learner((0, 60))}, HOUR)
    assert not counts_by_itself({noah: learner((0, 60))}, Lesson(0, 299))
    assert not counts_by_itself({noah: staff((0, 60))}, HOUR)
    assert not counts_by_itself({noah: Attendee(Kind.TEST, stays((0, 60)))}, HOUR)


def test_a_summary_names_every_status() -> None:
    one = Standing(Status.LATE, Status.LATE, 0, 0, None, None)
    assert summary([one, one]) == {**dict.fromkeys(Status, 0), Status.LATE: 2}


@pytest.mark.parametrize(
    "wrong", [{"late_minutes": -1}, {"early_minutes": 601}, {"present_percent": 0}, {"present_percent": 101}]
)
def test_rules_out_of_range_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(AppError, match="bad_rules"):
        Rules(**wrong)  # type: ignore[arg-type]  # numbers only


def test_the_class_is_who_came_as_a_learner_and_never_otherwise() -> None:
    ana, bo, cy, di = (ParticipantId(f"p_{name}") for name in ("ana", "bo", "cy", "di"))
    monday = {ana: Attendee(Kind.LEARNER), bo: Attendee(Kind.LEARNER), cy: Attendee(Kind.TEST)}
    tuesday = {bo: Attendee(Kind.STAFF), di: Attendee(Kind.LEARNER)}
    assert the_class([monday, tuesday]) == {ana, di}
    assert the_class([]) == set()


def test_who_never_came_is_in_no_record_as_whatever() -> None:
    ana, bo, cy, di = (ParticipantId(f"p_{name}") for name in ("ana", "bo", "cy", "di"))
    monday = {ana: Attendee(Kind.LEARNER), bo: Attendee(Kind.STAFF)}
    tuesday = {cy: Attendee(Kind.TEST)}
    assert never_came([ana, bo, cy, di], [monday, tuesday]) == {di}
    assert never_came([di], []) == {di}


def test_who_never_came_is_absent_and_gets_nothing_by_either_scoring() -> None:
    standing = judge(None, HOUR, RULES)
    assert (standing.status, standing.seconds, standing.first) == (Status.ABSENT, 0.0, None)
    assert credit(standing, RULES) == credit(standing, PROPORTIONAL) == 0.0
    assert credit(judge(None, HOUR, RULES, Status.EXCUSED), RULES) is None
