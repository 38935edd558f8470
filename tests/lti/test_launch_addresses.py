"""Where messages arrive: Sakai posts them to the link's own address if it does not find ours in its list."""

import pytest

from tests.lti.conftest import School
from tests.support.platform import UnrulyPlatform
from tests.support.visitor import Reply, Visitor

ADDRESSES = ("/lti/launch", "/lti/login", "/rooms/r_aaaaaaaaaaaaaaaa", "/", "/some/where", "/lti/register")


def _launch_at(visitor: Visitor, platform: UnrulyPlatform, path: str, **framed: str) -> Reply:
    target = {"target_link_uri": visitor.tool + path}
    asked = visitor.started(platform, **target)
    claims = platform.claims(visitor.tool, asked["nonce"], lti_target_link_uri=visitor.tool + path)
    fields = {"state": asked["state"], "id_token": platform.sign(claims)}
    return visitor.ask("POST", path, data=fields, headers=framed)


@pytest.mark.parametrize("path", ADDRESSES)
def test_a_launch_at_any_address_of_ours(school: School, path: str) -> None:
    visitor = school.visitor()
    reply = _launch_at(visitor, school.sakai, path)
    assert reply.status == 303
    assert visitor.boot(reply)["participant"]["role"] == "host"


@pytest.mark.parametrize("path", ["/lti/login", "/rooms/r_aaaaaaaaaaaaaaaa"])
def test_it_is_checked_as_everywhere(school: School, path: str) -> None:
    visitor = school.visitor()
    asked = visitor.started(school.sakai)
    token = school.sakai.sign(school.sakai.claims(school.tool, asked["nonce"], aud="somebody"))
    fields = {"state": asked["state"], "id_token": token}
    reply = visitor.ask("POST", path, data=fields)
    assert (reply.status, reply.error) == (401, "aud_mismatch")
    assert "frame-ancestors *" in reply.headers["content-security-policy"], "it can be read in the frame"
    stranger = Visitor(school.tool).ask("POST", path, data=fields)
    assert stranger.error == "browser_not_proven"
    declined = visitor.ask("POST", path, data={"state": asked["state"], "error": "login_required"})
    assert (declined.status, declined.error) == (401, "platform_error")
    assert "Sign in there first" in declined.text


def test_other_posts_are_left_alone(school: School) -> None:
    room = "/rooms/r_aaaaaaaaaaaaaaaa"
    for fields in ({}, {"state": "x"}, {"id_token": "a.b.c"}, {"error": "x"}):
        assert school.visitor().ask("POST", room, data=fields).status == 405
    as_json = school.visitor().ask("POST", room, json={"state": "x", "id_token": "a.b.c"})
    assert as_json.status == 405
