"""The pages and endpoints of one emulated LMS, below its issuer."""

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, jsonify, render_template, request

from lti_room.base.clock import Clock
from lti_room.devlms import gradebook_page
from lti_room.devlms.access import AccessTokens
from lti_room.devlms.admin_pages import admin_pages
from lti_room.devlms.authorisation import AuthorisationRefused, answer
from lti_room.devlms.claims import claims_for
from lti_room.devlms.deep_linking import Answers
from lti_room.devlms.gradebook import Gradebook
from lti_room.devlms.grades import GradesService
from lti_room.devlms.launches import Launches
from lti_room.devlms.moods import Moods, Service, mood_page
from lti_room.devlms.names_roles import names_roles_pages
from lti_room.devlms.persons import PEOPLE, Person
from lti_room.devlms.placing import RoomPlacing
from lti_room.devlms.platform import COURSE, Launch, Link, Placing, Platform
from lti_room.devlms.registration import Registrations
from lti_room.devlms.shelf import Shelf
from lti_room.devlms.signing import SigningKey
from lti_room.devlms.tokens import TokenRefused, issue, tool_keys
from lti_room.devlms.tools import Tools


@dataclass
class Lms:
    """An emulated LMS at work: its table, its key, and the launches that were started."""

    platform: Platform
    key: SigningKey
    clock: Clock

    def __post_init__(self) -> None:
        self.launches = Launches(self.platform)
        self.shelf = Shelf(self.platform)
        self.tools = Tools(self.platform, self.launches)
        self.tokens = AccessTokens()
        self.moods = Moods(self.tokens)
        self.gradebook = Gradebook(self.platform)
        self.grades = GradesService(self.platform, self.gradebook, self.tokens, self.moods, self.clock.now)

    def login(self, person: Person, link: Link, placing: Placing) -> dict[str, str]:
        """Start a launch and return the parameters of its login initiation."""
        launch: Launch = self.launches.start(person, link, placing, self.clock.now())
        return self.platform.login_parameters(launch, claims_for(self.platform, launch))


def lms_pages(lms: Lms) -> Blueprint:
    """Return everything below the issuer."""
    pages = Blueprint(lms.platform.key, __name__, url_prefix=f"/devlms/{lms.platform.key}")
    _add_course(pages, lms)
    _add_launch(pages, lms)
    _add_oidc(pages, lms)
    _add_token(pages, lms)
    _add_services(pages, lms)
    registrations = Registrations(lms.platform, lms.tools, lms.clock.now)
    registrations.install(pages)
    admin_pages(pages, registrations)
    gradebook_page.install(pages, lms.platform, lms.gradebook)
    RoomPlacing(
        lms.platform, lms.launches, lms.shelf, Answers(lms.platform), lms.clock, lms.grades.couple
    ).install(pages)
    return pages


def _chosen(lms: Lms) -> tuple[Person, Link]:
    person = PEOPLE.get(request.args.get("person", ""))
    link = lms.shelf.find(request.args.get("link", ""))
    if person is None or link is None:
        abort(404)
    return person, link


def _add_course(pages: Blueprint, lms: Lms) -> None:
    platform = lms.platform

    @pages.get("/course")
    def course() -> str:
        person, link = _chosen(lms)
        query = urlencode({"person": person.key, "link": link.key, "placing": "frame"})
        posts_into_frame = platform.storage_target == "post_message_forwarding"
        return render_template(
            "course.html",
            platform=platform,
            person=person,
            link=link,
            links=lms.shelf.of_course(link.course),
            course=lms.shelf.title_of(link.course),
            role=platform.enters_as(person),
            frame=platform.frame(link, f"{platform.issuer}/launch?{query}"),
            login=lms.login(person, link, "frame") if posts_into_frame else None,
        )

    @pages.get(platform.return_path)
    def returned() -> str:
        return render_template("returned.html", platform=platform, course=COURSE)

    if platform.storage_target == "post_message_forwarding":

        @pages.get("/post_message_forwarding")
        def forwarding() -> str:
            return render_template("forwarding.html")


def _add_launch(pages: Blueprint, lms: Lms) -> None:
    platform = lms.platform

    @pages.get("/launch")
    def launch() -> str:
        person, link = _chosen(lms)
        placing: Placing = "window" if request.args.get("placing") == "window" else "frame"
        login = lms.login(person, link, placing)
        if platform.login_method == "GET":
            return render_template(
                "go.html", title=link.title, url=f"{platform.login_url}?{urlencode(login)}"
            )
        return render_template("send.html", title=link.title, url=platform.login_url, fields=login)


def _add_oidc(pages: Blueprint, lms: Lms) -> None:
    platform = lms.platform

    @pages.route(platform.authorisation_path, methods=["GET", "POST"])
    def authorise() -> str | tuple[str, int]:
        given: dict[str, list[str]] = {}
        for name, value in [*request.args.items(multi=True), *request.form.items(multi=True)]:
            given.setdefault(name, []).append(value)
        try:
            tool = lms.tools.at_work(given.get("client_id", [""])[0])
            post = answer(tool.platform, tool.launches, lms.key, given, lms.clock.now())
        except AuthorisationRefused as error:
            return render_template("refused.html", platform=platform, error=error), 400
        return render_template("send.html", title=platform.name, url=post.url, fields=post.fields)

    @pages.get(platform.jwks_path)
    def jwks() -> Response:
        return jsonify(lms.key.jwks())


def _add_token(pages: Blueprint, lms: Lms) -> None:
    platform = lms.platform

    @pages.post(platform.grant_path)
    def token() -> Response:
        if unkind := lms.moods.answer(Service.TOKEN):
            return unkind
        try:
            granted = issue(
                lms.tools.asking(request.form).platform,
                lms.key,
                request.form,
                request.mimetype,
                lambda: tool_keys(platform.tool_url),
                lms.clock.now(),
            )
        except TokenRefused as error:
            refusal = jsonify(error=error.code, error_description=error.message)
            refusal.status_code = 400
            return refusal
        lms.tokens.note(granted, lms.clock.now())
        reply = jsonify(
            access_token=granted.text,
            token_type="Bearer",  # noqa: S106 - the kind, not a secret
            expires_in=granted.seconds,
            scope=" ".join(granted.scopes),
        )
        reply.mimetype = platform.grant_mimetype
        return reply


def _add_services(pages: Blueprint, lms: Lms) -> None:
    names_roles_pages(pages, lms.platform, lms.tokens, lms.moods, lms.clock.now)
    lms.grades.install(pages)
    mood_page(pages, lms.moods)
