"""The Link header as platforms really write it, and addresses built from addresses."""

import json
from dataclasses import replace

import pytest

from lti_room.base.clock import FixedClock
from lti_room.devlms.persons import recorded
from lti_room.lti.registrations.entry import from_mapping
from lti_room.lti.registrations.registration import Registration
from lti_room.lti.services.addresses import asking, below, is_below, secured, within
from lti_room.lti.services.errors import ServiceError
from lti_room.lti.services.pages import next_link
from tests.support.platform import UnrulyPlatform, running


def a_registration(token_url: str = "https://lms.example/token") -> Registration:
    with running(UnrulyPlatform(FixedClock())) as platform:
        entry = platform.registration()
    return replace(from_mapping(entry, development=True), auth_token_url=token_url)


def moodles(header: str) -> str:
    """As it arrives: UTF-8 that was read as Latin-1."""
    return header.encode().decode("latin-1")


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ('<https://lms.example/m?page=2>; rel="next"', "https://lms.example/m?page=2"),
        ("<https://lms.example/m?page=2>;rel=next", "https://lms.example/m?page=2"),
        ('<https://lms.example/m?a=1,2;3>; title="x"; REL="Next last"', "https://lms.example/m?a=1,2;3"),
        ('<https://lms.example/1>; rel="first",<https://lms.example/2>; rel="next"', "https://lms.example/2"),
        ('<?page=2>; rel="next"', "?page=2"),
        (
            moodles("<https://m.example/l?limit=1&amp;from=1>; rel=“next”"),
            "https://m.example/l?limit=1&from=1",
        ),
        ('<https://lms.example/2>; rel="last"', None),
        ('<https://lms.example/2>; rel="nextish"', None),
        ("rubbish", None),
        ("", None),
    ],
)
def test_next_of(header: str, address: str | None) -> None:
    assert next_link(header) == address


def test_row_104_upper_case_of_a_bookmark_stays() -> None:
    header = '<https://c.example/m?page=bookmark:WzEwXQ>; rel="next"'
    assert next_link(header) == "https://c.example/m?page=bookmark:WzEwXQ"


@pytest.mark.parametrize("lms", ["canvas", "moodle", "sakai"])
def test_recorded_headers(lms: str) -> None:
    headers = recorded(lms, "nrps_headers")
    first, second = headers["nrps_page1.json"]["link"], headers["nrps_page2.json"]["link"] or ""
    found = next_link(first)
    assert found
    assert found in first
    assert next_link(second) is None
    assert json.dumps(found).isascii()


@pytest.mark.parametrize(
    ("link", "whole"),
    [
        ("?page=2", "https://lms.example/course/members?page=2"),
        ("/other?page=2", "https://lms.example/other?page=2"),
        ("https://LMS.example:443/m", "https://LMS.example:443/m"),
        ("http://lms.example/m", "https://lms.example/m"),
        ("http://lms.example:80/m", "https://lms.example/m"),
    ],
)
def test_a_link_at_home_is_followed(link: str, whole: str) -> None:
    """http and https mixed inside one claim, as a Canvas of one's own sends them: the token goes by https."""
    assert within(a_registration(), link, "https://lms.example/course/members") == whole


@pytest.mark.parametrize(
    "link",
    [
        "https://elsewhere.example/m",
        "//elsewhere.example/m",
        "https://lms.example:8443/m",
        "https://lms.example.evil.example/m",
        "https://lms.example@evil.example/m",
        "ftp://lms.example/m",
        "https://lms.example:99999/m",
    ],
)
def test_row_105_a_link_elsewhere_is_not(link: str) -> None:
    with pytest.raises(ServiceError) as raised:
        within(a_registration(), link, "https://lms.example/course/members")
    assert raised.value.code == "service_origin"


def test_http_stays_where_the_platform_has_nothing_else() -> None:
    local = a_registration("http://127.0.0.1:8001/token")
    assert secured(local, "http://127.0.0.1:8001/m") == "http://127.0.0.1:8001/m"


def test_a_resource_below_goes_before_the_query() -> None:
    item = "https://m.example/services.php/12/lineitems/31/lineitem?type_id=3"
    assert below(item, "scores") == "https://m.example/services.php/12/lineitems/31/lineitem/scores?type_id=3"


def test_parameters_are_added_to_those_there() -> None:
    assert (
        asking("https://m.example/l?type_id=3&limit=9", limit="2") == "https://m.example/l?type_id=3&limit=2"
    )


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("/courses/101/line_items/9", True),
        ("/courses/101/line_items", False),
        ("/courses/1010/line_items/9", False),
        ("/courses/101/line_items/../../102/line_items/9", False),
        ("/courses/101/line_items/%2E%2e/102", False),
        ("/courses/101/line_items/..%2f102", False),
    ],
)
def test_below_a_path(path: str, inside: bool) -> None:
    assert is_below(f"https://c.example{path}", "https://c.example/courses/101/line_items?x=1") is inside
