"""The authorisation endpoint refuses what the real ones refuse, in their manner."""

import pytest

from lti_room.base.clock import FixedClock
from tests.devlms.driver import Driver, Passage


def posted_error(passage: Passage) -> str | None:
    assert passage.sent is not None, passage
    assert "id_token" not in passage.sent.fields
    assert passage.sent.fields["state"] == "state-1"
    return passage.sent.fields["error"]


def assert_refused(lms: Driver, passage: Passage, canvas: str, moodle: str | None) -> None:
    """Canvas and Moodle post an error (Moodle not every one), Sakai keeps it to itself."""
    code = {"canvas": canvas, "moodle": moodle, "sakai": None}[lms.key]
    if code is None:
        assert (passage.status, passage.sent) == (400, None)
        assert passage.error
    else:
        assert posted_error(passage) == code


def test_correct_request_is_answered_with_a_form_post(lms: Driver) -> None:
    passage = lms.authorise(lms.request_for(lms.login()))
    assert passage.sent is not None
    assert passage.sent.url == f"{lms.tool_url}/lti/launch"
    extra = {"canvas": {"lti_storage_target"}, "moodle": set(), "sakai": {"lti_storage_target"}}[lms.key]
    assert passage.sent.fields.keys() == {"id_token", "state"} | extra


@pytest.mark.parametrize("path", ["/lti/launch/", "/lti/launch?x=1", "/lti/launchpad", "/lti/deep-link", ""])
def test_unknown_redirect_uri(lms: Driver, path: str) -> None:
    passage = lms.authorise(lms.request_for(lms.login(), redirect_uri=lms.tool_url + path))
    assert (passage.status, passage.error, passage.sent) == (400, "redirect_uri_unknown", None)


@pytest.mark.parametrize("evil", ["https://evil.example/lti/launch", "javascript:alert(1)"])
def test_foreign_redirect_uri_is_sent_nothing(lms: Driver, evil: str) -> None:
    passage = lms.authorise(lms.request_for(lms.login(), redirect_uri=evil))
    assert (passage.status, passage.error, passage.sent) == (400, "redirect_uri_unknown", None)


@pytest.mark.parametrize("scope", ["profile", "openid profile", "OPENID"])
def test_wrong_scope(lms: Driver, scope: str) -> None:
    passage = lms.authorise(lms.request_for(lms.login(), scope=scope))
    assert_refused(lms, passage, "invalid_request_object", "invalid_scope")


@pytest.mark.parametrize("response_type", ["code", "id_token token"])
def test_wrong_response_type(lms: Driver, response_type: str) -> None:
    passage = lms.authorise(lms.request_for(lms.login(), response_type=response_type))
    assert_refused(lms, passage, "invalid_request_object", "unsupported_response_type")


@pytest.mark.parametrize("response_mode", ["query", "fragment"])
def test_wrong_response_mode(lms: Driver, response_mode: str) -> None:
    passage = lms.authorise(lms.request_for(lms.login(), response_mode=response_mode))
    assert_refused(lms, passage, "invalid_request_object", "invalid_request")


@pytest.mark.parametrize(
    "name", ["nonce", "login_hint", "client_id", "scope", "response_type", "response_mode"]
)
def test_missing_parameter(lms: Driver, name: str) -> None:
    passage = lms.authorise(lms.request_for(lms.login(), **{name: None}))
    assert_refused(lms, passage, "invalid_request_object", "invalid_request")


def test_missing_state(lms: Driver) -> None:
    passage = lms.authorise(lms.request_for(lms.login(), state=None))
    if lms.key == "sakai":
        assert (passage.status, passage.sent) == (400, None)
    else:
        assert passage.sent is not None
        assert passage.sent.fields.keys() == {"error", "error_description"}


def test_parameter_given_twice(lms: Driver) -> None:
    twice = [*lms.request_for(lms.login()).items(), ("nonce", "nonce-2")]
    assert_refused(lms, lms.authorise(twice), "invalid_request_object", "invalid_request")


def test_prompt_is_required_by_canvas_alone(lms: Driver) -> None:
    passage = lms.authorise(lms.request_for(lms.login(), prompt=None))
    if lms.key == "canvas":
        assert posted_error(passage) == "invalid_request_object"
    else:
        assert passage.sent is not None
        assert passage.sent.fields["id_token"]


def test_other_prompt(lms: Driver) -> None:
    passage = lms.authorise(lms.request_for(lms.login(), prompt="login"))
    assert_refused(lms, passage, "invalid_request_object", "invalid_request")


def test_other_client(lms: Driver) -> None:
    passage = lms.authorise(lms.request_for(lms.login(), client_id="somebody-else"))
    assert_refused(lms, passage, "unauthorized_client", "unauthorized_client")


def test_login_hint_of_somebody_else(canvas: Driver, moodle: Driver) -> None:
    for lms in (canvas, moodle):
        other = lms.login("instructor").fields["login_hint"]
        passage = lms.authorise(lms.request_for(lms.login("student1"), login_hint=other))
        assert_refused(lms, passage, "login_required", "access_denied")


def test_used_hint_is_refused(canvas: Driver, moodle: Driver) -> None:
    for lms in (canvas, moodle):
        request = lms.request_for(lms.login())
        first = lms.authorise(request)
        assert first.sent is not None
        assert first.sent.fields["id_token"]
        assert_refused(lms, lms.authorise(request), "launch_no_longer_valid", None)


def test_sakai_link_can_be_opened_again(sakai: Driver) -> None:
    request = sakai.request_for(sakai.login())
    for _ in range(2):
        passage = sakai.authorise(request)
        assert passage.sent is not None
        assert passage.sent.fields["id_token"]


def test_canvas_hint_ends_after_five_minutes(canvas: Driver, clock: FixedClock) -> None:
    request = canvas.request_for(canvas.login())
    clock.advance(301)
    assert posted_error(canvas.authorise(request)) == "launch_no_longer_valid"


def test_forged_hint(lms: Driver) -> None:
    if lms.key == "sakai":
        forged = lms.request_for(lms.login(), login_hint="L2FjY2Vzcy9sdGkvc2l0ZS94L2NvbnRlbnQ6NDI.")
    else:
        login = lms.login()
        hint = login.fields["lti_message_hint"]
        middle = len(hint) // 2
        other = "A" if hint[middle] != "A" else "B"
        forged = lms.request_for(login, lti_message_hint=hint[:middle] + other + hint[middle + 1 :])
    assert_refused(lms, lms.authorise(forged), "launch_no_longer_valid", None)


def test_moodle_hint_must_come_back_byte_for_byte(moodle: Driver) -> None:
    login = moodle.login()
    prettier = login.fields["lti_message_hint"].replace(",", ", ")
    passage = moodle.authorise(moodle.request_for(login, lti_message_hint=prettier))
    assert (passage.status, passage.sent) == (400, None)


def test_hint_of_another_lms(canvas: Driver, moodle: Driver) -> None:
    hint = moodle.login().fields["lti_message_hint"]
    passage = canvas.authorise(canvas.request_for(canvas.login(), lti_message_hint=hint))
    assert posted_error(passage) == "launch_no_longer_valid"
