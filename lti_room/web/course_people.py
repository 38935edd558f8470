"""Who of the course is not here yet, for staff."""

from dataclasses import asdict

from flask import Blueprint, Response, jsonify, request

from lti_room.usecases.course_list import CourseList
from lti_room.web.caller import staff_calling
from lti_room.web.deps import WebDeps

_LONGEST_SEARCH = 100


def blueprint(deps: WebDeps) -> Blueprint:
    """Return `/api/course-people`: GET looks, POST has the platform asked again."""
    pages = Blueprint("course_people", __name__, url_prefix="/api/course-people")

    @pages.get("")
    def look() -> Response:
        caller = staff_calling(deps)
        search = request.args.get("search", "").strip()[:_LONGEST_SEARCH]
        start = max(0, request.args.get("from", 0, type=int))
        return _answer(deps.course_people.look(caller.launch.room, search=search, start=start))

    @pages.post("")
    def again() -> Response:
        return _answer(deps.course_people.look(staff_calling(deps).launch.room, again=True))

    return pages


def _answer(found: CourseList) -> Response:
    return jsonify(asdict(found))
