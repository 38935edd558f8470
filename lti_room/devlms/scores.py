"""What each emulated LMS does with a score it is sent (lti_platforms 5.3 and 9)."""

import math
from datetime import datetime
from typing import Any, Final, TypeGuard

from flask import abort, request

from lti_room.devlms.gradebook import Column, Entry, Gradebook

_SCORE: Final = "application/vnd.ims.lis.v1.score+json"
_SUBMISSION: Final = "https://canvas.instructure.com/lti/submission"
_ACTIVITY: Final = {"Initialized", "Started", "InProgress", "Submitted", "Completed"}
_COUNTS: Final = {
    "canvas": {"FullyGraded", "PendingManual"},
    "moodle": {"FullyGraded"},
    "sakai": {"FullyGraded", "PendingManual"},
}
_GRADING: Final = {"FullyGraded", "Pending", "PendingManual", "Failed", "NotReady"}
_NOT_GRADABLE: Final = {"canvas": 422, "moodle": 400, "sakai": 400}


def accept_score(lms: str, book: Gradebook, column: Column) -> None:
    """Take the score of the current request, or refuse it as this LMS does."""
    types = {_SCORE, "application/json"} if lms == "canvas" else {_SCORE}
    if request.mimetype not in types:
        abort(400)
    given = request.get_json(force=True, silent=True)
    if not isinstance(given, dict):
        abort(400)
    for name in ("userId", "activityProgress", "gradingProgress", "timestamp"):
        if not given.get(name):
            abort(400)
    if given["activityProgress"] not in _ACTIVITY or given["gradingProgress"] not in _GRADING:
        abort(400)
    user, at = str(given["userId"]), _moment(given["timestamp"])
    if user not in book.gradable():
        abort(_NOT_GRADABLE[lms])
    entry = column.entries.get(user)
    if entry is not None:
        _refuse_old(lms, entry.at, at)
    grade = _grade(lms, column, given)
    entry = column.entries.setdefault(user, Entry(at))
    entry.at, entry.grade, entry.comment = at, grade, str(given.get("comment", ""))
    if lms == "canvas" and given.get(_SUBMISSION, {}).get("new_submission", True):
        entry.attempts += 1


def results(column: Column, address: str, user_id: str | None) -> list[dict[str, Any]]:
    """Return what a column holds, for one person or all."""
    return [
        {
            "id": f"{address}/results/{user}",
            "userId": user,
            "resultScore": entry.grade,
            "resultMaximum": column.maximum,
            "scoreOf": address,
            **({"comment": entry.comment} if entry.comment else {}),
        }
        for user, entry in column.entries.items()
        if user_id in (None, user)
    ]


def _moment(text: object) -> float:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        abort(400)
    if at.tzinfo is None:
        abort(400)
    return at.timestamp()


def _refuse_old(lms: str, last: float, at: float) -> None:
    """Canvas refuses what is older, Moodle also what is of the same second, Sakai does not look."""
    if lms == "canvas" and at < last:
        abort(400)
    if lms == "moodle" and int(at) <= int(last):
        abort(409)


def _grade(lms: str, column: Column, given: dict[str, Any]) -> float | None:
    """Return the grade on the column's scale; None takes away the one that was there."""
    score, maximum = given.get("scoreGiven"), given.get("scoreMaximum")
    if score is None or given["gradingProgress"] not in _COUNTS[lms]:
        return None
    if not _is_number(score) or not _is_number(maximum) or score < 0 or maximum < 0:
        abort(422 if lms == "canvas" else 400)
    if maximum == 0:
        if lms != "canvas":
            abort(400)
        # Canvas does not scale by a maximum of 0: it takes the points as they are.
        return float(score)
    return float(score) * column.maximum / float(maximum)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
