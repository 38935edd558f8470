"""Grades: columns and scores, with what each LMS does in its own way."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lti_room.devlms.moods import Mood, Service
from lti_room.lti.registrations.registration import Registration
from lti_room.lti.services.errors import ServiceError
from lti_room.lti.services.grades import Activity, GradesEndpoint, Grading, Score, ScoreInvalid, erases_grade
from lti_room.lti.services.line_items import SCOPE_LINE_ITEM, SCOPE_SCORE
from lti_room.lti.services.score_times import ScoreTimes
from tests.lti.services.conftest import Course

AT = datetime(2026, 11, 21, 10, 0, 0, 123_000, tzinfo=UTC)
OURS: dict[str, Any] = {"label": "Seminar room", "maximum": 10, "resource_id": "r_room", "tag": "attendance"}


def a_score(course: Course, person: str = "student1", **changes: Any) -> Score:
    told: dict[str, Any] = {
        "user_id": course.sub(person),
        "given": 7.5,
        "maximum": 10,
        "activity": Activity.COMPLETED,
        "grading": Grading.FULLY_GRADED,
        "at": AT,
    }
    return Score(**(told | changes))


def coupled(course: Course, link: str = "link1") -> str:
    address = course.endpoint(link).lineitem
    assert address
    return address


def send(course: Course, score: Score, line_item: str = "") -> datetime:
    return course.grades.send(course.registration, course.endpoint(), line_item or coupled(course), score)


def refusal(course: Course, score: Score, line_item: str = "") -> ServiceError:
    with pytest.raises(ServiceError) as raised:
        send(course, score, line_item)
    return raised.value


def test_the_column_of_the_link_gets_the_score(course: Course) -> None:
    send(course, a_score(course, comment="Well done"))
    entry = course.column(coupled(course)).entries[course.sub("student1")]
    assert (entry.grade, entry.comment) == (75.0, "Well done")
    [result] = course.grades.results(course.registration, course.endpoint(), coupled(course))
    assert (result.user_id, result.score, result.maximum) == (course.sub("student1"), 75.0, 100.0)


def test_zero_is_a_grade(course: Course) -> None:
    send(course, a_score(course, given=0))
    [result] = course.grades.results(course.registration, course.endpoint(), coupled(course))
    assert result.score == 0.0


def test_a_column_of_our_own_is_made_once(course: Course) -> None:
    made = course.grades.line_item(course.registration, course.endpoint(), **OURS)
    again = course.grades.line_item(course.registration, course.endpoint(), **OURS)
    assert made == again
    ours = [one for one in course.lms.gradebook.columns.values() if one.tag == "attendance"]
    assert [(one.label, one.maximum, one.resource_id) for one in ours] == [("Seminar room", 10, "r_room")]
    send(course, a_score(course), made)
    details = course.grades.line_item_details(course.registration, course.endpoint(), made)
    assert (details.label, details.maximum, details.tag) == ("Seminar room", 10, "attendance")


def test_another_room_has_another_column(course: Course) -> None:
    first = course.grades.line_item(course.registration, course.endpoint(), **OURS)
    second = course.grades.line_item(course.registration, course.endpoint(), **OURS | {"resource_id": "r_2"})
    assert first != second


def test_a_column_can_belong_to_the_link(course: Course) -> None:
    link = course.lms.platform.resource_links["link1"]
    made = course.grades.line_item(course.registration, course.endpoint(), **OURS, resource_link_id=link)
    assert course.column(made).link_id == link


def test_no_scope_no_column(course: Course) -> None:
    reader = replace(course.endpoint(), scopes=frozenset({SCOPE_SCORE}))
    assert reader.may_score
    assert not reader.may_create
    with pytest.raises(ServiceError) as raised:
        course.grades.line_item(course.registration, reader, **OURS)
    assert raised.value.code == "service_refused"
    assert course.asked(Service.GRADES) == 0


@pytest.mark.parametrize(
    "claim", [None, [], "x", {}, {"scope": "x"}, {"lineitems": 7}, {"lineitem": "x" * 3000}]
)
def test_a_message_without_grades(claim: object) -> None:
    assert GradesEndpoint.of(claim) is None


def test_a_claim_with_one_column_only() -> None:
    endpoint = GradesEndpoint.of({"lineitem": "https://lms.example/9", "scope": [SCOPE_SCORE, 7]})
    assert endpoint is not None
    assert endpoint.may_score
    assert not endpoint.may_create


@pytest.mark.parametrize(
    "wrong",
    [
        {"given": float("nan")},
        {"given": float("inf")},
        {"given": -1},
        {"given": True},
        {"maximum": 0},
        {"maximum": -1},
        {"maximum": float("nan")},
        {"maximum": True},
        {"activity": "Done"},
        {"grading": "Graded"},
        {"at": datetime(2026, 1, 1)},
        {"user_id": ""},
        {"comment": "x" * 5000},
    ],
)
def test_row_111_a_score_that_is_none_is_refused_here(canvas: Course, wrong: dict[str, Any]) -> None:
    with pytest.raises(ScoreInvalid) as raised:
        a_score(canvas, **wrong)
    assert raised.value.code == "score_invalid"


def test_more_than_the_maximum_is_allowed(course: Course) -> None:
    send(course, a_score(course, given=11))
    assert course.column(coupled(course)).entries[course.sub("student1")].grade == pytest.approx(110)


def test_row_112_each_score_is_later_than_the_one_before(course: Course) -> None:
    sent = [send(course, a_score(course, given=n)) for n in range(3)]
    assert sent[0] == AT
    assert sent == sorted(set(sent))
    step = timedelta(seconds=1) if course.key == "moodle" else timedelta(milliseconds=1)
    assert sent[2] - sent[1] == step
    assert course.column(coupled(course)).entries[course.sub("student1")].grade == 20.0


def test_row_112_an_older_score_counts_too_when_it_is_sent_last(course: Course) -> None:
    send(course, a_score(course, given=3))
    send(course, a_score(course, given=4, at=AT - timedelta(hours=1)))
    assert course.column(coupled(course)).entries[course.sub("student1")].grade == 40.0


def test_row_112_people_and_columns_do_not_push_each_other(course: Course) -> None:
    ours = course.grades.line_item(course.registration, course.endpoint(), **OURS)
    sent = [send(course, a_score(course)), send(course, a_score(course, "student2"))]
    sent.append(send(course, a_score(course), ours))
    assert sent == [AT, AT, AT]


def test_row_112_processes_share_the_count(course: Course) -> None:
    times = [ScoreTimes(course.redis) for _ in range(3)]
    registration: Registration = course.registration
    given = [one.next(registration, "item", "user", AT) for one in times]
    assert len(set(given)) == 3


def test_row_112_the_emulated_lms_would_have_refused(course: Course) -> None:
    """That the rows above pass means something: Moodle and Canvas do look at the time."""
    send(course, a_score(course))
    course.redis.delete(*course.redis.keys("score-time:*"))
    if course.key == "sakai":
        send(course, a_score(course, at=AT - timedelta(seconds=5)))
        return
    assert refusal(course, a_score(course, at=AT - timedelta(seconds=5))).status in {400, 409}


def test_row_113_a_column_of_another_course(course: Course) -> None:
    issuer = course.lms.platform.issuer
    foreign = {
        "canvas": f"{issuer}/api/lti/courses/102/line_items/9",
        "moodle": f"{issuer}/mod/lti/services.php/13/lineitems/31/lineitem?type_id=3",
        "sakai": f"{issuer}/imsblis/lti13/lineitem/SIG:::other-site:::content:42",
    }[course.key]
    for address in (foreign, "https://elsewhere.example/line_items/9", "rubbish"):
        error = refusal(course, a_score(course), address)
        assert error.code == "line_item_foreign"
        assert error.permanent
    assert course.asked(Service.GRADES) == 0
    assert course.asked(Service.TOKEN) == 0


def test_who_cannot_have_grades_is_refused_for_good(course: Course) -> None:
    for user in (course.sub("instructor"), "nobody"):
        error = refusal(course, a_score(course, user_id=user))
        assert error.code == "service_refused"
        assert error.permanent


@pytest.mark.parametrize("grading", [Grading.NOT_READY, Grading.PENDING, Grading.FAILED])
def test_a_status_that_erases_is_known_to(course: Course, grading: Grading) -> None:
    send(course, a_score(course))
    score = a_score(course, grading=grading)
    assert erases_grade(course.registration, score)
    send(course, score)
    assert course.column(coupled(course)).entries[course.sub("student1")].grade is None


def test_what_erases_nothing_is_known_to(course: Course) -> None:
    assert not erases_grade(course.registration, a_score(course))
    assert erases_grade(course.registration, a_score(course, given=None))
    manual = a_score(course, grading=Grading.PENDING_MANUAL)
    assert erases_grade(course.registration, manual) == (course.key != "canvas")


def test_scores_use_up_no_attempts_in_canvas(canvas: Course) -> None:
    send(canvas, a_score(canvas))
    send(canvas, a_score(canvas))
    assert canvas.column(coupled(canvas)).entries[canvas.sub("student1")].attempts == 0


def test_a_lost_answer_makes_no_second_column(course: Course) -> None:
    """The column was made and the answer lost: the next attempt finds it."""
    course.grades.line_item(course.registration, course.endpoint(), **OURS)
    course.redis.flushall()
    course.grades.line_item(course.registration, course.endpoint(), **OURS)
    assert len([one for one in course.lms.gradebook.columns.values() if one.tag == "attendance"]) == 1


def test_two_at_once_make_one_column(course: Course) -> None:
    with ThreadPoolExecutor(4) as pool:
        tries = [
            pool.submit(course.grades.line_item, course.registration, course.endpoint(), **OURS)
            for _ in range(4)
        ]
    made = {one.result() for one in tries if not one.exception()}
    failed = [one.exception() for one in tries if one.exception()]
    assert len(made) == 1
    assert all(isinstance(one, ServiceError) and one.retry_after for one in failed)
    assert len([one for one in course.lms.gradebook.columns.values() if one.tag == "attendance"]) == 1


def test_pages_of_columns_are_followed_with_moodles_header(
    moodle: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        moodle.grades.line_item(
            moodle.registration, moodle.endpoint(), **OURS | {"resource_id": f"r_{number}"}
        )
    endpoint = replace(moodle.endpoint(), lineitems=f"{moodle.endpoint().lineitems}&limit=2")
    asked = moodle.asked(Service.GRADES)
    columns = moodle.grades._columns(moodle.registration, endpoint, None)
    assert columns.find("missing", "attendance") is None
    assert moodle.asked(Service.GRADES) == asked + 1
    monkeypatch.setattr(moodle.lms.gradebook, "heeds_filters", False)
    assert columns.find("r_4", "attendance")
    assert moodle.asked(Service.GRADES) > asked + 3


def test_row_105_a_column_that_is_said_to_be_elsewhere(course: Course) -> None:
    course.mood(Service.GRADES, Mood.FOREIGN)
    with pytest.raises(ServiceError) as raised:
        course.grades.line_item(course.registration, course.endpoint(), **OURS)
    assert raised.value.code == "service_origin"


@pytest.mark.parametrize(
    ("mood", "code", "permanent"),
    [
        (Mood.ERROR, "service_unreachable", False),
        (Mood.FORBIDDEN, "service_refused", True),
        (Mood.LIMITED, "rate_limited", False),
    ],
)
def test_a_platform_that_does_not_take_scores(course: Course, mood: Mood, code: str, permanent: bool) -> None:
    course.mood(Service.GRADES, mood)
    error = refusal(course, a_score(course))
    assert (error.code, error.permanent) == (code, permanent)
    assert "SECRET" not in f"{error} {error.__dict__}"


def test_only_the_scope_that_is_needed_is_asked_for(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []
    granted = type(course.lms.platform).granted

    def note(platform: object, scopes: list[str]) -> list[str]:
        asked.append(tuple(scopes))
        return granted(platform, scopes)  # type: ignore[arg-type]

    monkeypatch.setattr(type(course.lms.platform), "granted", note)
    send(course, a_score(course))
    course.grades.line_item(course.registration, course.endpoint(), **OURS)
    assert {len(scopes) for scopes in asked} == {1}
    assert (SCOPE_SCORE,) in asked
    assert (SCOPE_LINE_ITEM,) in asked
