"""The start page: who can be launched, into which room, from which LMS."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, render_template

from lti_room.devlms.persons import PEOPLE, Person
from lti_room.devlms.platform import COURSE, LINKS, Link, Platform

_SUGGESTED = {"instructor", "student1"}


@dataclass(frozen=True)
class Launcher:
    """Somebody's way into one room: the address for each placing and the `data-launch` of its element."""

    person: Person
    role: str
    suggested: bool
    frame_key: str
    frame_url: str
    window_key: str
    window_url: str


def launchers(platform: Platform, link: Link) -> Iterator[Launcher]:
    """Yield everybody's launcher for a link of an LMS, in the order of the page."""
    for person in PEOPLE.values():
        stem = f"{platform.key}/{person.key}/{link.key}"
        query = {"person": person.key, "link": link.key}
        yield Launcher(
            person,
            platform.enters_as(person),
            person.key in _SUGGESTED,
            f"{stem}/frame",
            f"{platform.issuer}/course?{urlencode(query)}",
            f"{stem}/window",
            f"{platform.issuer}/launch?{urlencode(query | {'placing': 'window'})}",
        )


def start_page(platforms: Iterable[Platform]) -> Blueprint:
    """Return the page `/devlms/`."""
    pages = Blueprint("start", __name__)
    cards = [
        (platform, [(link, list(launchers(platform, link))) for link in LINKS.values()])
        for platform in platforms
    ]

    @pages.get("/devlms/")
    def index() -> str:
        return render_template("start.html", cards=cards, course=COURSE)

    return pages
