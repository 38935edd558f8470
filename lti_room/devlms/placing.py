"""The pages of "Add a room" and "Copy this course" in an emulated LMS."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from lti_room.base.clock import Clock
from lti_room.devlms.claims import claims_for
from lti_room.devlms.deep_linking import AnswerRefused, Answers
from lti_room.devlms.launches import Launches
from lti_room.devlms.link_requests import given_up_path, return_path
from lti_room.devlms.persons import PEOPLE, Person
from lti_room.devlms.platform import Link, Platform
from lti_room.devlms.shelf import Shelf


@dataclass(frozen=True)
class RoomPlacing:
    """Adds what the tool answers to a course. `couple` makes the grade column of a link that has one."""

    platform: Platform
    launches: Launches
    shelf: Shelf
    answers: Answers
    clock: Clock
    couple: Callable[[Link, float], object]

    def install(self, pages: Blueprint) -> None:
        """Serve the dialog, its frame's first page, the return address and the copy."""
        pages.add_url_rule("/add_room", "add_room", self._dialog)
        pages.add_url_rule("/add_room/launch", "add_room_launch", self._launch)
        pages.add_url_rule(return_path(self.platform), "add_room_return", self._returned, methods=["POST"])
        given_up = given_up_path(self.platform)
        if given_up not in (None, self.platform.return_path):
            pages.add_url_rule(given_up, "add_room_given_up", self._given_up)
        pages.add_url_rule("/copy_course", "copy_course", self._copy, methods=["POST"])

    def _chosen(self) -> tuple[Person, int]:
        person = PEOPLE.get(request.values.get("person", ""))
        course = request.values.get("course", "0")
        if person is None or not course.isdigit() or int(course) > self.shelf.copies:
            abort(404)
        return person, int(course)

    def _dialog(self) -> str:
        person, course = self._chosen()
        query = urlencode({"person": person.key, "course": course})
        return render_template(
            "add_room.html",
            platform=self.platform,
            person=person,
            course=self.shelf.title_of(course),
            launcher=f"{self.platform.issuer}/add_room/launch?{query}",
        )

    def _launch(self) -> str:
        person, course = self._chosen()
        link = Link("adding", "", "", number=0, course=course, graded=False)
        launch = self.launches.start(person, link, "frame", self.clock.now(), places_links=True)
        self.answers.expect(launch.key, course, person.key)
        login = self.platform.login_parameters(launch, claims_for(self.platform, launch))
        url, title = self.platform.login_url, "Add a room"
        if self.platform.login_method == "GET":
            return render_template("go.html", title=title, url=f"{url}?{urlencode(login)}")
        return render_template("send.html", title=title, url=url, fields=login)

    def _returned(self) -> str | tuple[str, int]:
        try:
            answer = self.answers.judge(request.args, request.form.get("JWT", ""), self.clock.now())
        except AnswerRefused as error:
            return render_template("refused.html", platform=self.platform, error=error), 400
        placed = self.shelf.place(answer.items, answer.course)
        for link, item in zip(placed, answer.items, strict=True):
            if "lineItem" in item:
                self.couple(link, float(item["lineItem"]["scoreMaximum"]))
        shown = placed[0] if placed else self.shelf.of_course(answer.course)[0]
        back = url_for(".course", person=answer.person, link=shown.key)
        return render_template("added.html", platform=self.platform, links=placed, back=back)

    def _given_up(self) -> str:
        return render_template("returned.html", platform=self.platform, course=self.shelf.title_of(0))

    def _copy(self) -> Response:
        person, course = self._chosen()
        copy = self.shelf.copy(course)
        return redirect(url_for(".course", person=person.key, link=self.shelf.of_course(copy)[0].key), 303)
