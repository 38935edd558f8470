"""What each LMS is told about us: only what it has, and what it takes."""

from typing import Any

import pytest

from lti_room.lti.registrations.platform_configuration import PlatformConfiguration, read_configuration
from lti_room.lti.registrations.tool_configuration import (
    SCOPES,
    TOOL_CONFIGURATION,
    ToolConfiguration,
    manual_values,
)
from tests.support.platform import PEOPLE, recorded

TOOL = ToolConfiguration("https://rooms.example", "https://rooms.example/static/tool/icons/room.svg")
CANVAS = "https://canvas.instructure.com/lti/"


def platform(kind: str) -> PlatformConfiguration:
    body = (PEOPLE / kind / "openid_configuration.json").read_bytes()
    return read_configuration(body, f"https://{kind}.example/config", development=False)


def told(kind: str) -> dict[str, Any]:
    request = TOOL.registration_request(platform(kind))
    tool: dict[str, Any] = request[TOOL_CONFIGURATION]
    return request | {"tool": tool, "messages": {one["type"]: one for one in tool["messages"]}}


@pytest.mark.parametrize("kind", ["canvas", "moodle", "sakai"])
def test_what_every_lms_needs(kind: str) -> None:
    request = told(kind)
    assert request["application_type"] == "web"
    assert set(request["grant_types"]) == {"client_credentials", "implicit"}
    assert request["response_types"] == ["id_token"]
    assert request["token_endpoint_auth_method"] == "private_key_jwt"
    assert request["redirect_uris"] == ["https://rooms.example/lti/launch"]
    assert request["initiate_login_uri"] == "https://rooms.example/lti/login"
    assert request["jwks_uri"] == "https://rooms.example/lti/jwks.json"
    assert request["tool"]["domain"] == "rooms.example"
    assert set(request["messages"]) == {"LtiResourceLinkRequest", "LtiDeepLinkingRequest"}
    for message in request["messages"].values():
        assert message["target_link_uri"] == request["tool"]["target_link_uri"]


@pytest.mark.parametrize("kind", ["canvas", "moodle", "sakai"])
def test_only_scopes_the_lms_has(kind: str) -> None:
    asked = set(told(kind)["scope"].split())
    assert asked <= set(recorded(kind, "openid_configuration")["scopes_supported"])
    assert asked == set(SCOPES)


def test_a_scope_the_lms_lacks_is_not_asked_for() -> None:
    body = (PEOPLE / "sakai" / "openid_configuration.json").read_bytes().replace(SCOPES[0].encode(), b"x")
    other = read_configuration(body, "https://sakai.example/config", development=False)
    assert SCOPES[0] not in TOOL.registration_request(other)["scope"].split()


@pytest.mark.parametrize("kind", ["canvas", "moodle", "sakai"])
def test_names_are_asked_for_and_no_e_mail(kind: str) -> None:
    claims = told(kind)["tool"]["claims"]
    assert {"sub", "name", "given_name", "family_name"} <= set(claims)
    assert not {"email", "picture"} & set(claims)


def test_canvas_gets_its_placements_and_extensions() -> None:
    request = told("canvas")
    offered = recorded("canvas", "openid_configuration")[
        "https://purl.imsglobal.org/spec/lti-platform-configuration"
    ]["messages_supported"]
    for message in offered:
        assert set(request["messages"][message["type"]]["placements"]) <= set(message["placements"])
    assert request["tool"][f"{CANVAS}privacy_level"] == "name_only"
    opening = request["messages"]["LtiResourceLinkRequest"]
    assert opening[f"{CANVAS}course_navigation/default_enabled"] is False
    assert opening[f"{CANVAS}display_type"] == "new_window"
    assert set(request["tool"]["claims"]) <= set(
        recorded("canvas", "openid_configuration")["claims_supported"]
    )


@pytest.mark.parametrize("kind", ["moodle", "sakai"])
def test_others_get_nothing_of_canvas(kind: str) -> None:
    assert CANVAS not in str(told(kind))


def test_moodle_gets_a_content_area_and_sakai_no_placement() -> None:
    assert told("moodle")["messages"]["LtiDeepLinkingRequest"]["placements"] == ["ContentArea"]
    assert "placements" not in told("sakai")["messages"]["LtiDeepLinkingRequest"]


def test_moodle_compares_the_domain_with_the_launch_address_port_included() -> None:
    tool = ToolConfiguration("https://rooms.example:8443", "https://rooms.example:8443/icon.svg")
    told_moodle = tool.registration_request(platform("moodle"))[TOOL_CONFIGURATION]
    assert told_moodle["domain"] == "rooms.example:8443"


def test_the_developer_key_has_what_canvas_requires() -> None:
    key = TOOL.canvas_key()
    sample = recorded("canvas", "developer_key_config")
    assert set(key) == set(sample)
    assert set(key["scopes"]) <= set(sample["scopes"])
    [extension] = key["extensions"]
    [known] = sample["extensions"]
    assert set(extension) == set(known)
    placements = {one["placement"]: one for one in extension["settings"]["placements"]}
    assert placements["course_navigation"]["windowTarget"] == "_blank"
    assert placements["course_navigation"]["message_type"] == "LtiResourceLinkRequest"
    for place in ("link_selection", "assignment_selection", "editor_button"):
        assert placements[place]["message_type"] == "LtiDeepLinkingRequest"
        assert placements[place]["target_link_uri"] == "https://rooms.example/lti/launch"


def test_what_is_typed_in_by_hand_is_what_we_answer_at() -> None:
    values = {value for rows in manual_values(TOOL).values() for _, value in rows}
    assert {TOOL.login_url, TOOL.launch_url, TOOL.jwks_url, TOOL.canvas_url} <= values
