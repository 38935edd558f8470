"""The emulated gradebooks refuse what the real ones refuse."""

import json
from typing import Any

import pytest
import requests

from lti_room.base.clock import FixedClock
from lti_room.devlms.signing import SigningKey
from tests.devlms.driver import Driver

AGS = "https://purl.imsglobal.org/spec/lti-ags/"
SCOPE = f"{AGS}scope/"
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/"


class Tool:
    """Asks with a token of its own, and in whatever way it likes."""

    def __init__(self, lms: Driver, key: SigningKey, clock: FixedClock, scopes: str) -> None:
        self.lms = lms
        self.clock = clock
        url, client = str(lms.registration["auth_token_url"]), str(lms.registration["client_id"])
        now = int(clock.now())
        body = {"iss": client, "sub": client, "aud": url, "iat": now, "exp": now + 60, "jti": "1"}
        answer = requests.post(
            url,
            data={
                "grant_type": "client_credentials",
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion": key.sign(body),
                "scope": scopes,
            },
            timeout=10,
        )
        self.headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        self.claim: dict[str, Any] = lms.claims("instructor")[f"{AGS}claim/endpoint"]

    def score(self, media_type: str = SCORE_TYPE, **changes: Any) -> int:
        body = {
            "userId": self.lms.claims("student1")["sub"],
            "scoreGiven": 5,
            "scoreMaximum": 10,
            "activityProgress": "Completed",
            "gradingProgress": "FullyGraded",
            "timestamp": "2026-11-21T10:00:00.100+00:00",
        } | changes
        address, _, query = self.claim["lineitem"].partition("?")
        answer = requests.post(
            f"{address}/scores?{query}",
            data=json.dumps(body),
            headers=self.headers | {"Content-Type": media_type},
            timeout=10,
        )
        return answer.status_code


ALL = f"{SCOPE}lineitem {SCOPE}score {SCOPE}result.readonly"


@pytest.fixture
def tool(lms: Driver, tool_key: SigningKey, clock: FixedClock) -> Tool:
    return Tool(lms, tool_key, clock, ALL)


def status_of(tool: Tool, method: str, url: str, **headers: str) -> int:
    return requests.request(method, url, headers=tool.headers | headers, timeout=10).status_code


def test_media_types_of_scores(tool: Tool) -> None:
    assert tool.score("text/plain") == 400
    assert tool.score("application/json") == (200 if tool.lms.key == "canvas" else 400)
    assert tool.score(f"{SCORE_TYPE}; charset=utf-8", timestamp="2026-11-21T11:00:00Z") == 200


@pytest.mark.parametrize("missing", ["userId", "timestamp", "activityProgress", "gradingProgress"])
def test_what_a_score_must_have(tool: Tool, missing: str) -> None:
    assert tool.score(**{missing: ""}) == 400


@pytest.mark.parametrize("person", ["instructor", "nobody"])
def test_who_cannot_have_grades(tool: Tool, person: str) -> None:
    user = "nobody" if person == "nobody" else tool.lms.claims(person)["sub"]
    assert tool.score(userId=user) == {"canvas": 422, "moodle": 400, "sakai": 400}[tool.lms.key]


def test_times(tool: Tool) -> None:
    at = "2027-01-01T10:00:0{}+00:00".format
    assert tool.score(timestamp=at("5.000")) == 200
    equal, older = tool.score(timestamp=at("5.000")), tool.score(timestamp=at("4.000"))
    same_second = tool.score(timestamp=at("5.900"))
    assert (equal, older, same_second) == {
        "canvas": (200, 400, 200),
        "moodle": (409, 409, 409),
        "sakai": (200, 200, 200),
    }[tool.lms.key]


def test_no_token_and_wrong_scope(tool: Tool, tool_key: SigningKey, clock: FixedClock) -> None:
    url = tool.claim["lineitems"]
    assert requests.get(url, timeout=10).status_code == 401
    assert requests.get(url, headers={"Authorization": "Bearer made-up"}, timeout=10).status_code == 401
    reader = Tool(tool.lms, tool_key, clock, f"{NRPS}scope/contextmembership.readonly")
    wrong = requests.get(url, headers=reader.headers | {"Accept": ITEMS}, timeout=10).status_code
    assert wrong == (403 if tool.lms.key == "sakai" else 401)


def test_a_token_dies_with_its_hour(tool: Tool, clock: FixedClock) -> None:
    assert status_of(tool, "GET", tool.claim["lineitems"], Accept=ITEMS) == 200
    clock.advance(3601)
    assert status_of(tool, "GET", tool.claim["lineitems"], Accept=ITEMS) == 401


def test_moodle_lists_columns_to_those_who_ask_for_their_media_type(tool: Tool) -> None:
    for accept in ("*/*", "application/json"):
        found = status_of(tool, "GET", tool.claim["lineitems"], Accept=accept)
        assert found == (400 if tool.lms.key == "moodle" else 200)


def test_another_courses_column_is_not_there(tool: Tool) -> None:
    address = tool.claim["lineitem"].replace("101", "102").replace("/12/", "/13/").replace("1111", "2222")
    assert status_of(tool, "GET", address) == 404


def test_moodle_wants_its_type_id(tool: Tool) -> None:
    bare = tool.claim["lineitem"].partition("?")[0]
    assert status_of(tool, "GET", bare) == (404 if tool.lms.key == "moodle" else 200)


def test_a_wrong_media_type_makes_no_column(tool: Tool) -> None:
    answer = requests.post(
        tool.claim["lineitems"],
        json={"label": "x", "scoreMaximum": 1},
        headers=tool.headers,
        timeout=10,
    )
    assert answer.status_code == (201 if tool.lms.key == "canvas" else 400)


def test_canvas_takes_points_out_of_zero_as_they_are(tool: Tool) -> None:
    status = tool.score(scoreMaximum=0, timestamp="2028-01-01T10:00:00Z")
    assert status == (200 if tool.lms.key == "canvas" else 400)
    if tool.lms.key == "canvas":
        results = requests.get(f"{tool.claim['lineitem']}/results", headers=tool.headers, timeout=10).json()
        assert [one["resultScore"] for one in results] == [5.0]


def test_sakai_makes_the_column_of_a_link_at_its_first_score(
    sakai: Driver, tool_key: SigningKey, clock: FixedClock
) -> None:
    tool = Tool(sakai, tool_key, clock, ALL)
    # The other link's: this one has scores from other tests.
    tool.claim = sakai.claims("instructor", "link2")[f"{AGS}claim/endpoint"]

    def listed() -> list[str]:
        return [
            one["id"]
            for one in requests.get(tool.claim["lineitems"], headers=tool.headers, timeout=10).json()
        ]

    assert tool.claim["lineitem"] not in listed()
    assert tool.score() == 200
    assert tool.claim["lineitem"] in listed()
