"""The login initiation has the names, the method and the hints of the real LMS."""

import base64
import json

import jwt
import pytest

from lti_room.devlms.persons import recorded
from tests.devlms.driver import Driver


@pytest.mark.parametrize("placing", ["frame", "window"])
def test_parameters_are_the_recorded_ones_in_their_order(lms: Driver, placing: str) -> None:
    document = recorded(lms.key, "login_initiation")
    sent = lms.login("student2", "link2", placing)
    assert sent.method == document["methods_seen"][0]
    assert sent.url == f"{lms.tool_url}/lti/login"
    assert list(sent.fields) == list(document["params"])
    assert sent.fields["iss"] == lms.issuer
    assert sent.fields["target_link_uri"] == f"{lms.tool_url}/lti/launch"


def test_sakai_alone_begins_with_get(canvas: Driver, moodle: Driver, sakai: Driver) -> None:
    methods = {lms.key: lms.login().method for lms in (canvas, moodle, sakai)}
    assert methods == {"canvas": "POST", "moodle": "POST", "sakai": "GET"}


def test_deployment_and_storage_have_each_lms_names(canvas: Driver, moodle: Driver, sakai: Driver) -> None:
    assert "deployment_id" in canvas.login().fields
    assert "lti_deployment_id" not in canvas.login().fields
    assert canvas.login().fields["lti_storage_target"] == "post_message_forwarding"
    assert "lti_storage_target" not in moodle.login().fields
    assert sakai.login().fields["lti_storage_target"] == "_parent"
    assert "lti_message_hint" not in sakai.login().fields


def test_moodle_hint_is_raw_json(moodle: Driver) -> None:
    hint = moodle.login().fields["lti_message_hint"]
    assert json.loads(hint).keys() == {"cmid", "launchid"}
    assert " " not in hint


def test_canvas_hint_is_a_jwt_of_five_minutes(canvas: Driver) -> None:
    hint = canvas.login().fields["lti_message_hint"]
    claims = jwt.decode(hint, options={"verify_signature": False})
    assert claims["exp"] == 1_800_000_000 + 300


def test_sakai_hint_is_a_path_padded_with_dots(sakai: Driver) -> None:
    hint = sakai.login(link="link2").fields["login_hint"]
    assert "=" not in hint
    assert base64.urlsafe_b64decode(hint.replace(".", "=")).decode().startswith("/access/lti/site/")


def test_somebody_unknown_is_not_found(lms: Driver) -> None:
    for query in ({"person": "nobody", "link": "link1"}, {"person": "ta", "link": "link9"}, {}):
        assert lms.get("/launch", **query).status_code == 404
        assert lms.get("/course", **query).status_code == 404
