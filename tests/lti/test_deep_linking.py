"""Placing a room in a course: rows 98 to 103 of the attack table, and what each LMS must be answered."""

import html
import json
import re
from typing import Any

import jwt
import pytest
import requests

from lti_room.base.ids import RoomId
from lti_room.rooms.redis_store import RedisRoomStore
from lti_room.rooms.stage import StageAccess
from lti_room.usecases.room_settings import RoomSettings, RoomSettingsStore
from tests.lti.conftest import School
from tests.support.platform import ABSENT, UnrulyPlatform
from tests.support.visitor import Reply, Visitor

DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
SETTINGS = DL + "deep_linking_settings"
WISH = {"which": "new", "title": "Lab", "access": "invite", "seats": "8", "points": "10"}


def settings_of(school: School, kind: str, **changes: Any) -> dict[str, Any]:
    """Return what an LMS says it accepts, with changes."""
    platform: UnrulyPlatform = getattr(school, kind)
    found: dict[str, Any] = platform.claims(school.tool, "n", "deep_linking")[SETTINGS] | changes
    return {name: value for name, value in found.items() if value is not ABSENT}


def request_page(
    school: School,
    visitor: Visitor,
    kind: str = "canvas",
    /,
    changed: dict[str, Any] | None = None,
    **claims: Any,
) -> Reply:
    """Send a deep linking request; return the answer to the message."""
    platform: UnrulyPlatform = getattr(school, kind)
    asked = visitor.started(platform)
    payload = platform.claims(school.tool, asked["nonce"], "deep_linking", **claims)
    payload[CLAIM + "target_link_uri"] = claims.get("lti_target_link_uri", f"{school.tool}/lti/launch")
    if payload[CLAIM + "target_link_uri"] is ABSENT:
        del payload[CLAIM + "target_link_uri"]
    if changed is not None:
        payload[SETTINGS] = changed
    return visitor.launch(asked["state"], platform.sign(payload))


def opened(visitor: Visitor, reply: Reply) -> tuple[Reply, str]:
    """Follow the redirect as the page's script does; return the form and its ticket."""
    assert reply.status == 303, (reply.status, reply.error)
    path, _, ticket = reply.location.partition("#")
    assert path == "/lti/deep-link"
    shell = visitor.ask("GET", path)
    assert ticket not in shell.text
    form = visitor.ask("POST", path, data={"step": "open", "ticket": ticket})
    assert form.status == 200, (form.status, form.error)
    found = re.search(r'name="ticket" value="([^"]+)"', form.text)
    assert found
    return form, found[1]


def form_of(school: School, kind: str = "canvas", **how: Any) -> tuple[Visitor, Reply, str]:
    """Return a visitor at the form, the form and its ticket."""
    visitor = school.visitor()
    return visitor, *opened(visitor, request_page(school, visitor, kind, **how))


def placed(visitor: Visitor, ticket: str, **wish: str) -> Reply:
    """Send the form."""
    return visitor.ask("POST", "/lti/deep-link", data={"step": "place", "ticket": ticket, **WISH, **wish})


def answer(school: School, reply: Reply) -> tuple[str, dict[str, Any]]:
    """Return where the answer is posted and what it says, verified as the LMS does with our key set."""
    assert reply.status == 200, (reply.status, reply.error)
    action, token = (
        re.search(one, reply.text) for one in (r'action="([^"]+)"', r'name="JWT" value="([^"]+)"')
    )
    assert action
    assert token
    keys = requests.get(f"{school.tool}/lti/jwks.json", timeout=5).json()["keys"]
    header = jwt.get_unverified_header(token[1])
    key = next(one for one in keys if one["kid"] == header["kid"])
    no_times = {"verify_aud": False, "verify_exp": False, "verify_iat": False}
    said = jwt.decode(token[1], jwt.PyJWK.from_dict(key).key, algorithms=["RS256"], options=no_times)
    return html.unescape(action[1]), said


def only_item(said: dict[str, Any]) -> dict[str, Any]:
    """Return the one content item of an answer."""
    (item,) = said[DL + "content_items"]
    return dict(item)


def test_row_098_a_request_needs_no_target_link_uri(school: School) -> None:
    visitor = school.visitor()
    form, _ = opened(visitor, request_page(school, visitor, lti_target_link_uri=ABSENT))
    assert "Add a room to your course" in form.text


def test_row_077_a_request_for_another_target_is_refused(school: School) -> None:
    reply = request_page(school, school.visitor(), lti_target_link_uri=f"{school.tool}/elsewhere")
    assert (reply.status, reply.error) == (401, "target_link_uri_mismatch")


@pytest.mark.parametrize("types", [["link", "html"], [], ["file"], "ltiResourceLink", ABSENT])
def test_row_099_where_no_room_fits_the_page_says_so_and_leads_back(school: School, types: Any) -> None:
    changed = settings_of(school, "moodle", accept_types=types)
    visitor, page, ticket = form_of(school, "moodle", changed=changed)
    assert "does not fit here" in page.text
    back = visitor.ask("POST", "/lti/deep-link", data={"step": "cancel", "ticket": ticket})
    assert answer(school, back)[1][DL + "content_items"] == []


@pytest.mark.parametrize(
    "address",
    [
        ABSENT,
        None,
        "",
        7,
        "http://moodle.example/return",
        "javascript:alert(1)",
        'https://moodle.example/"onclick="alert(1)',
        "https://moodle.example/'x",
        "https://me@moodle.example/",
        "data:text/html,x",
        "//moodle.example/return",
        "https://moodle.example/\nX-Header: 1",
    ],
)
def test_row_100_an_answer_needs_a_safe_address(school: School, address: Any) -> None:
    changed = settings_of(school, "moodle", deep_link_return_url=address)
    reply = request_page(school, school.visitor(), "moodle", changed=changed)
    assert (reply.status, reply.error) == (401, "deep_link_return_url")


def test_row_100_the_address_is_escaped(school: School) -> None:
    address = "https://moodle.example/return?a=1&b=<i>x</i>".replace("<i>", "%3Ci%3E").replace(
        "</i>", "%3C/i%3E"
    )
    changed = settings_of(school, "moodle", deep_link_return_url=address)
    visitor, _, ticket = form_of(school, "moodle", changed=changed)
    reply = placed(visitor, ticket)
    assert 'action="https://moodle.example/return?a=1&amp;b=%3Ci%3E' in reply.text
    assert answer(school, reply)[0] == address


@pytest.mark.parametrize(
    "roles",
    [
        ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
        ["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Instructor"],
        [],
        ABSENT,
    ],
)
def test_row_101_a_student_places_nothing(school: School, roles: Any) -> None:
    reply = request_page(school, school.visitor(), lti_roles=roles)
    assert (reply.status, reply.error) == (403, "role_not_allowed")


def test_row_102_an_answer_is_given_once(school: School) -> None:
    visitor, _, ticket = form_of(school)
    assert placed(visitor, ticket).status == 200
    for again in (
        placed(visitor, ticket),
        visitor.ask("POST", "/lti/deep-link", data={"step": "cancel", "ticket": ticket}),
    ):
        assert (again.status, again.error) == (409, "deep_link_used")
    assert len(school.redis.keys("room:*:events")) == 1


def test_row_102_another_person_cannot_answer(school: School) -> None:
    victim, _, ticket = form_of(school)
    reply = placed(school.visitor(), ticket)
    assert (reply.status, reply.error) == (403, "deep_link_not_yours")
    assert placed(school.visitor(), "x.y.z").error == "deep_link_not_yours"
    assert placed(victim, ticket).status == 200


def test_row_102_after_an_hour_it_is_too_late(school: School) -> None:
    visitor, _, ticket = form_of(school)
    school.clock.value += 3601
    reply = placed(visitor, ticket)
    assert (reply.status, reply.error) == (403, "deep_link_over")


def test_row_102_the_ticket_of_the_redirect_dies_after_its_use(school: School) -> None:
    visitor = school.visitor()
    reply = request_page(school, visitor)
    opened(visitor, reply)
    ticket = reply.location.partition("#")[2]
    school.clock.value += 31
    late = visitor.ask("POST", "/lti/deep-link", data={"step": "open", "ticket": ticket})
    assert (late.status, late.error) == (401, "ticket_expired")


@pytest.mark.parametrize("which", ["redirect", "page"])
def test_a_ticket_of_this_page_opens_no_room(school: School, which: str) -> None:
    visitor = school.visitor()
    reply = request_page(school, visitor)
    ticket = reply.location.partition("#")[2]
    if which == "page":
        ticket = opened(visitor, reply)[1]
    headers = {"Authorization": f"Bearer {ticket}", "Accept": "application/json"}
    boot = visitor.ask("GET", "/api/boot", headers=headers)
    assert (boot.status, json.loads(boot.text)["error"]["code"]) == (401, "ticket_invalid")


@pytest.mark.parametrize(
    "data", ["", "csrf=1;a=2", '{"flow":"lessons","é":"\\u00e9"}', "<x>&\"'" + "y" * 4000]
)
def test_row_103_data_comes_back_exactly(school: School, data: str) -> None:
    changed = settings_of(school, "sakai", data=data)
    visitor, _, ticket = form_of(school, "sakai", changed=changed)
    assert answer(school, placed(visitor, ticket))[1][DL + "data"] == data


@pytest.mark.parametrize("kind", ["canvas", "moodle"])
def test_row_103_data_stays_absent_where_there_was_none(school: School, kind: str) -> None:
    visitor, _, ticket = form_of(school, kind)
    assert DL + "data" not in answer(school, placed(visitor, ticket))[1]


@pytest.mark.parametrize("multiple", [False, True])
def test_row_103_one_room_is_one_item(school: School, multiple: bool) -> None:
    changed = settings_of(school, "canvas", accept_multiple=multiple)
    visitor, _, ticket = form_of(school, changed=changed)
    assert only_item(answer(school, placed(visitor, ticket))[1])["title"] == "Lab"


@pytest.mark.parametrize("kind", ["canvas", "moodle", "sakai"])
def test_every_lms_gets_every_claim(school: School, kind: str) -> None:
    platform: UnrulyPlatform = getattr(school, kind)
    visitor, _, ticket = form_of(school, kind)
    action, said = answer(school, placed(visitor, ticket))
    assert action == settings_of(school, kind)["deep_link_return_url"]
    assert (said["iss"], said["aud"]) == (platform.client_id, platform.issuer)
    assert said[CLAIM + "message_type"] == "LtiDeepLinkingResponse"
    assert said[CLAIM + "version"] == "1.3.0"
    assert said[CLAIM + "deployment_id"] == platform.deployment
    assert len(said["nonce"]) >= 16
    assert said["exp"] - said["iat"] == 300
    assert said["iat"] == int(school.clock.now())


@pytest.mark.parametrize("kind", ["canvas", "moodle", "sakai"])
def test_a_new_room_waits_for_its_first_launch(school: School, kind: str) -> None:
    visitor, form, ticket = form_of(school, kind)
    assert "Attendance counts" in form.text
    start = int(school.clock.now()) + 86_400
    reply = placed(
        visitor,
        ticket,
        graded="1",
        points="12,5",
        start="x",
        start_at=str(start),
        end="y",
        end_at=str(start + 3600),
    )
    item = only_item(answer(school, reply)[1])
    room = RoomId(item["custom"]["room_id"])
    assert item["type"] == "ltiResourceLink"
    assert "url" not in item
    assert item["window"] == {"targetName": "_blank"}
    assert all(isinstance(value, str) for value in item["custom"].values())
    assert item["lineItem"] == {"scoreMaximum": 12.5, "label": "Lab", "resourceId": room, "tag": "attendance"}
    assert requests.get(item["icon"]["url"], timeout=5).headers["Content-Type"] == "image/svg+xml"
    assert ("available" in item, "submission" in item) == (
        (False, False) if kind == "sakai" else (True, True)
    )

    kept = RedisRoomStore(school.redis, snapshot_events=200).load(room)
    assert (kept.title, kept.access, kept.seats) == ("Lab", StageAccess.INVITE, 8)
    assert (kept.schedule.start, kept.schedule.end, kept.schedule.opens_at) == (
        start,
        start + 3600,
        start - 900,
    )
    grading = RoomSettingsStore(school.redis).of(room)
    assert grading == RoomSettings(graded=True, points=12.5, send_by_itself=False)
    assert 0 < int(str(school.redis.ttl(f"room:{room}:events"))) <= 400 * 86_400

    platform = getattr(school, kind)
    context = platform.claims(school.tool, "n", "deep_linking")[CLAIM + "context"]
    student = school.visitor().enter(platform, "student", lti_custom={"room_id": room}, lti_context=context)
    assert student.entrance[0] == room
    assert school.redis.ttl(f"room:{room}:events") == -1
    assert school.redis.ttl(f"room:{room}:settings") == -1


def test_dates_of_an_item_open_early_and_close_nothing(school: School) -> None:
    visitor, _, ticket = form_of(school)
    reply = placed(visitor, ticket, start="x", start_at="1800090000", end="y", end_at="1800093600")
    item = only_item(answer(school, reply)[1])
    assert item["available"] == {"startDateTime": "2027-01-16T08:45:00Z"}
    assert item["submission"] == {"endDateTime": "2027-01-16T10:00:00Z"}


@pytest.mark.parametrize("said", [{"accept_lineitem": False}, {}])
def test_no_grades_where_the_platform_takes_none(school: School, said: dict[str, bool]) -> None:
    changed = settings_of(school, "canvas", **said)
    claims = {} if said else {"https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": ABSENT}
    visitor = school.visitor()
    asked = visitor.started(school.canvas)
    payload = school.canvas.claims(school.tool, asked["nonce"], "deep_linking")
    payload = {name: value for name, value in payload.items() if name not in claims} | {SETTINGS: changed}
    payload[CLAIM + "target_link_uri"] = f"{school.tool}/lti/launch"
    form, ticket = opened(visitor, visitor.launch(asked["state"], school.canvas.sign(payload)))
    assert "Attendance counts" not in form.text
    item = only_item(answer(school, placed(visitor, ticket, graded="1"))[1])
    assert "lineItem" not in item
    assert not RoomSettingsStore(school.redis).of(RoomId(item["custom"]["room_id"])).graded


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"title": "  "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\u202eb"}, "title"),
        ({"access": "anyone"}, "access"),
        ({"start": "2027-01-16T10:00"}, "start"),
        ({"start_at": "soon"}, "start"),
        ({"start_at": "1800090000", "end_at": "1800090000"}, "end"),
        ({"end_at": "1e300"}, "end"),
        ({"graded": "1", "points": "many"}, "points"),
        ({"graded": "1", "points": "0"}, "points"),
        ({"graded": "1", "points": "nan"}, "points"),
        ({"seats": "0"}, "seats"),
        ({"seats": "101"}, "seats"),
        ({"seats": "²"}, "seats"),
    ],
)
def test_errors_stand_where_they_belong_and_nothing_is_made(
    school: School, wish: dict[str, str], field: str
) -> None:
    visitor, _, ticket = form_of(school)
    reply = placed(visitor, ticket, **wish)
    assert (reply.status, reply.error) == (422, "deep_link_form")
    assert f'id="{field}-wrong"' in reply.text
    assert not school.redis.keys("room:*:events")
    assert placed(visitor, ticket).status == 200


def test_a_room_of_the_course_is_placed_again(school: School) -> None:
    visitor, form, ticket = form_of(school)
    assert "A room that is there" not in form.text
    room = only_item(answer(school, placed(visitor, ticket, graded="1"))[1])["custom"]["room_id"]
    visitor, form, ticket = form_of(school)
    assert f'value="{room}"' in form.text
    item = only_item(answer(school, placed(visitor, ticket, which="again", room=room))[1])
    assert (item["custom"], item["title"]) == ({"room_id": room}, "Lab")
    assert "lineItem" not in item, "its column is in the gradebook already"
    assert len(school.redis.keys("room:*:events")) == 1


def test_a_room_of_another_course_cannot_be_placed(school: School) -> None:
    visitor, _, ticket = form_of(school, "moodle")
    theirs = only_item(answer(school, placed(visitor, ticket))[1])["custom"]["room_id"]
    for room in (theirs, "r_" + "a" * 16, "", "../x"):
        visitor, form, ticket = form_of(school, "canvas")
        assert theirs not in form.text
        reply = placed(visitor, ticket, which="again", room=room)
        assert reply.status == 422, room
        assert placed(visitor, ticket).status == 200


def test_giving_up_goes_back_as_each_lms_takes_it(school: School) -> None:
    visitor, _, ticket = form_of(school, "canvas")
    reply = visitor.ask("POST", "/lti/deep-link", data={"step": "cancel", "ticket": ticket})
    assert reply.status == 303
    assert reply.location.startswith(
        "https://school.canvas.example/courses/101/external_content/success/external_tool_dialog?lti_msg="
    )
    for kind in ("moodle", "sakai"):
        visitor, _, ticket = form_of(school, kind)
        reply = visitor.ask("POST", "/lti/deep-link", data={"step": "cancel", "ticket": ticket})
        action, said = answer(school, reply)
        assert action == settings_of(school, kind)["deep_link_return_url"]
        assert (said[DL + "content_items"], said[DL + "msg"]) == ([], "No room was added.")
        assert (DL + "data" in said) is (kind == "sakai")


def test_the_answer_can_be_posted_to_the_lms_alone(school: School) -> None:
    visitor, form, ticket = form_of(school, "moodle")
    policy = form.headers["content-security-policy"]
    assert "form-action 'self' https://moodle.example;" in policy
    assert "https://moodle.example" in policy.partition("frame-ancestors")[2]
    assert "frame-ancestors *" not in policy
    back = placed(visitor, ticket).headers["content-security-policy"]
    assert "form-action https://moodle.example;" in back
    assert "script-src 'self';" in back


def test_titles_are_escaped(school: School) -> None:
    name = '<img src=x onerror=alert(1)>"&'
    changed = settings_of(school, "canvas", title=name)
    visitor, form, ticket = form_of(school, changed=changed)
    assert "<img src=x" not in form.text
    assert only_item(answer(school, placed(visitor, ticket, title=name))[1])["title"] == name
