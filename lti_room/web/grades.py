"""`/api/grades`: attendance and grades of the caller's room.

Staff by their *launch* look and correct, hosts send: a role given in the room opens no grade book, since a
student who helps out as a moderator must not read or change the class's attendance. All read their own.
"""

import math
from typing import Any

from flask import Blueprint, Response, jsonify, request

from lti_room.base.errors import AppError
from lti_room.base.ids import ParticipantId
from lti_room.rooms.attendance import Lesson, Rules, Scoring, Standing, Status, summary
from lti_room.rooms.policy import HOSTS, STAFF, Who
from lti_room.usecases.grading.attendance import Choice, SessionTimes
from lti_room.usecases.grading.grade_book import Book
from lti_room.usecases.grading.grade_lines import Line
from lti_room.usecases.grading.sittings import Sitting
from lti_room.web.caller import Caller, calling, staff_calling
from lti_room.web.deps import WebDeps

Json = dict[str, Any]


def blueprint(deps: WebDeps) -> Blueprint:
    """Return the routes of `/api/grades`."""
    pages = Blueprint("grades", __name__, url_prefix="/api/grades")
    _add_reading(pages, deps)
    _add_changing(pages, deps)
    _add_sending(pages, deps)
    return pages


def _add_reading(pages: Blueprint, deps: WebDeps) -> None:
    @pages.get("")
    def whole() -> Response:
        caller = _teaching(deps)
        return jsonify(_book(deps, caller, deps.grades.book.of(caller.room.id)))

    @pages.get("/mine")
    def mine() -> Response:
        caller = calling(deps)
        me = caller.launch.participant
        sittings = deps.grades.book.attended(caller.room.id)
        return jsonify(
            sessions=[_session(one) | _standing(one.standings[me]) for one in sittings if me in one.standings]
        )


def _add_changing(pages: Blueprint, deps: WebDeps) -> None:
    @pages.put("/sessions/<session>/people/<participant>")
    def status(session: str, participant: str) -> Response:
        caller = _teaching(deps)
        times = deps.grades.attendance.session(caller.room.id, session)
        match _asked():
            case {"status": None, **rest} if not rest:
                wanted = None
            case {"status": str(word), **rest} if not rest and word in set(Status):
                wanted = Status(word)
            case _:
                raise _bad_message()
        if ParticipantId(participant) not in deps.grades.book.of(caller.room.id).lines:
            raise AppError("unknown_person", "Nobody of this class is known by that id.")
        deps.grades.attendance.change(caller.room.id, times.id, ParticipantId(participant), wanted)
        return jsonify(_book(deps, caller, deps.grades.book.of(caller.room.id)))

    @pages.put("/sessions/<session>")
    def choice(session: str) -> Response:
        caller = _teaching(deps, HOSTS)
        times = deps.grades.attendance.session(caller.room.id, session)
        deps.grades.attendance.choose(caller.room.id, times, _choice(_asked(), times))
        return jsonify(_book(deps, caller, deps.grades.book.of(caller.room.id)))

    @pages.put("/rules")
    def rules() -> Response:
        caller = _teaching(deps, HOSTS)
        deps.grades.attendance.set_rules(caller.room.id, _rules(_asked()))
        return jsonify(_book(deps, caller, deps.grades.book.of(caller.room.id)))

    @pages.put("/never-came")
    def zeros() -> Response:
        caller = _teaching(deps, HOSTS)
        match _asked():
            case {"zeros": bool(wanted), **rest} if not rest:
                deps.grades.book.choose_zeros(caller.room.id, wanted)
            case _:
                raise _bad_message()
        return jsonify(_book(deps, caller, deps.grades.book.of(caller.room.id)))


def _add_sending(pages: Blueprint, deps: WebDeps) -> None:
    @pages.post("/send")
    def send() -> tuple[Response, int]:
        caller = _teaching(deps, HOSTS)
        match _asked():
            case {"draft": str(draft), **rest} if not rest:
                deps.grades.book.send(caller.room.id, draft)
            case _:
                raise _bad_message()
        return jsonify(_book(deps, caller, deps.grades.book.of(caller.room.id))), 202

    @pages.post("/retry")
    def retry() -> tuple[Response, int]:
        caller = _teaching(deps, HOSTS)
        deps.grades.book.retry(caller.room.id)
        return jsonify(_book(deps, caller, deps.grades.book.of(caller.room.id))), 202


def _teaching(deps: WebDeps, who: Who = STAFF) -> Caller:
    caller = staff_calling(deps, who)
    if caller.launch.role not in who:
        raise AppError("not_teaching", "Only people who teach this course see its grades.")
    return caller


def _asked() -> object:
    return request.get_json(silent=True)


def _bad_message() -> AppError:
    return AppError("bad_message", "The page sent something this server does not understand.")


def _choice(asked: object, times: SessionTimes) -> Choice:
    match asked:
        case {"counts": (bool() | None) as counts, "lesson": None, **rest} if not rest:
            return Choice(counts)
        case {
            "counts": (bool() | None) as counts,
            "lesson": {"start": (int() | float()) as start, "until": (int() | float()) as until},
            **rest,
        } if not rest:
            return Choice(counts, Lesson(float(start), float(until)))
    raise _bad_message()


def _rules(asked: object) -> Rules:
    match asked:
        case {
            "late_minutes": int(late),
            "early_minutes": int(early),
            "present_percent": int(percent),
            "scoring": str(scoring),
            **rest,
        } if not rest and scoring in set(Scoring):
            return Rules(late, early, percent, Scoring(scoring))
    raise _bad_message()


def _book(deps: WebDeps, caller: Caller, book: Book) -> Json:
    pause = deps.grades.queue.pause_of(caller.launch.registration)
    names = deps.people.names(caller.launch.registration, book.lines)
    names |= {who: one.name for who, one in book.course.people.items() if who in book.never_came}
    shown = _shown(book)
    return {
        "now": deps.clock.now(),
        "may_send": caller.launch.role in HOSTS and caller.role in HOSTS,
        "graded": book.graded,
        "points": book.settings.points,
        "send_by_itself": book.settings.send_by_itself,
        "rules": {
            "late_minutes": book.rules.late_minutes,
            "early_minutes": book.rules.early_minutes,
            "present_percent": book.rules.present_percent,
            "scoring": book.rules.scoring,
        },
        "gradebook": {
            "platform": book.offer.platform,
            "name": book.offer.platform_name,
            "obstacle": book.offer.obstacle,
            "made": book.offer.made,
        },
        "draft": book.draft,
        "session": shown.times.id if shown else None,
        "to_send": len(book.to_send),
        "never_came": {
            "n": len(book.never_came),
            "undecided": book.zeros_by_choice,
            "zeros": book.settings.zeros_for_never_came,
            "asking": book.course.asking,
            "error": book.course.error,
            "complete": book.course.complete,
        },
        "pause": {"code": pause.code, "until": pause.until} if pause else None,
        "sessions": [_session(one) | {"summary": summary(one.standings.values())} for one in book.sittings],
        "people": [
            {"id": who, "name": names[who], "attended": _attended(book, who)}
            | _line(line)
            | _there(shown, who)
            for who, line in book.lines.items()
        ],
    }


def _session(sitting: Sitting) -> Json:
    return {
        "id": sitting.times.id,
        "start": sitting.times.start,
        "until": sitting.times.until,
        "lesson": {"start": sitting.lesson.start, "until": sitting.lesson.until},
        "lesson_chosen": sitting.choice.lesson is not None,
        "counts": sitting.counts,
        "counts_chosen": sitting.choice.counts is not None,
    }


def _shown(book: Book) -> Sitting | None:
    """Return the session whose people are told: the one asked for, without a word the latest, or none."""
    asked = request.args.get("session")
    if asked is None:
        return book.sittings[0] if book.sittings else None
    return next((one for one in book.sittings if one.times.id == asked), None)


def _there(shown: Sitting | None, who: ParticipantId) -> Json:
    return {"there": _standing(shown.standings[who]) if shown else None}


def _attended(book: Book, who: ParticipantId) -> Json:
    """Return at how many of the sessions that count, are over and were not excused somebody was."""
    counted = [one for one in book.sittings if one.is_graded]
    owed = [status for one in counted if (status := one.standings[who].status) is not Status.EXCUSED]
    return {"n": sum(status is not Status.ABSENT for status in owed), "of": len(owed)}


def _standing(standing: Standing) -> Json:
    return {
        "status": standing.status,
        "automatic": standing.automatic,
        "seconds": math.ceil(standing.seconds),
        "share": round(standing.share, 4),
        "first": standing.first,
        "last": standing.last,
    }


def _line(line: Line) -> Json:
    grade = line.grade
    return {
        "points": line.points,
        "state": line.state,
        "sendable": line.sendable,
        "never_came": line.never_came,
        "code": grade.code if grade else None,
        "retry_at": grade.retry_at if grade else None,
        "sent_points": grade.sent_value if grade else None,
        "sent_maximum": grade.sent_maximum if grade else None,
        "sent_at": grade.sent_at if grade else None,
    }
