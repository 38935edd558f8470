"""The tool's answer to "Add a room", judged as strictly as by each real LMS."""

from typing import Any

import pytest

from lti_room.base.clock import FixedClock
from lti_room.devlms.deep_linking import AnswerRefused, Answers
from lti_room.devlms.link_requests import CONTENT_ITEMS, DATA, settings_of
from lti_room.devlms.platform import CLAIM
from lti_room.devlms.registrations import platforms
from lti_room.devlms.signing import SigningKey, signing_key

LMSS = ("canvas", "moodle", "sakai")
ITEM = {"type": "ltiResourceLink", "title": "Lab", "custom": {"room_id": "r_1"}}


class Case:
    """One request that waits at an LMS, and an answer it would take."""

    def __init__(self, tool_url: str, key: SigningKey, lms: str) -> None:
        self.platform = platforms("http://localhost:8001", tool_url)[lms]
        self.key = key
        self.now = FixedClock().now()
        self.answers = Answers(self.platform)
        self.answers.expect("k", 0, "instructor")

    def judge(self, key: SigningKey | None = None, **changes: Any) -> list[dict[str, Any]]:
        """Sign an answer with changes (None leaves a claim out) and have it judged."""
        said: dict[str, Any] = {
            "iss": self.platform.client_id,
            "aud": self.platform.issuer,
            "iat": int(self.now),
            "exp": int(self.now) + 300,
            "nonce": "n",
            CLAIM + "message_type": "LtiDeepLinkingResponse",
            CONTENT_ITEMS: [ITEM],
            DATA: settings_of(self.platform, "k").get("data"),
        }
        names = {"items": CONTENT_ITEMS, "data": DATA, "message_type": CLAIM + "message_type"}
        said |= {names.get(name, name): value for name, value in changes.items()}
        kept = {name: value for name, value in said.items() if value is not None}
        return self.answers.judge({"x": "k"}, (key or self.key).sign(kept), self.now).items


@pytest.fixture(params=LMSS)
def case(request: pytest.FixtureRequest, tool_url: str, tool_key: SigningKey) -> Case:
    return Case(tool_url, tool_key, request.param)


def refused(case: Case, **changes: Any) -> str:
    with pytest.raises(AnswerRefused) as error:
        case.judge(**changes)
    return error.value.code


def test_a_right_answer_is_taken_once(case: Case) -> None:
    assert case.judge() == [ITEM]
    assert refused(case) == "request_unknown"


@pytest.mark.parametrize(
    ("changes", "code", "by"),
    [
        ({"iss": "somebody"}, "iss", {"canvas", "moodle"}),
        ({"aud": "somebody"}, "aud", {"canvas"}),
        ({"nonce": None}, "nonce", {"canvas"}),
        ({"exp": None}, "expired", {"canvas"}),
        ({"iat": 1}, "iat", {"canvas"}),
        ({"exp": 1}, "expired", set(LMSS)),
        ({"message_type": None}, "message_type", {"sakai"}),
        ({"data": "other"}, "data", {"sakai"}),
        ({"items": None}, "items_missing", set(LMSS)),
        ({"items": [ITEM, ITEM]}, "too_many", {"sakai"}),
        ({"items": [{**ITEM, "type": "link"}]}, "item_type", set(LMSS)),
        ({"items": [{**ITEM, "custom": {"room_id": 7}}]}, "custom", set(LMSS)),
        ({"items": [{**ITEM, "lineItem": {}}]}, "", set()),
        ({"items": [{**ITEM, "lineItem": {"scoreMaximum": 0}}]}, "line_item", set(LMSS)),
    ],
)
def test_what_each_lms_refuses(case: Case, changes: dict[str, Any], code: str, by: set[str]) -> None:
    if case.platform.key in by:
        assert refused(case, **changes) == code
    else:
        assert case.judge(**changes)


def test_every_lms_wants_the_tools_own_signature(
    case: Case, tmp_path_factory: pytest.TempPathFactory
) -> None:
    stranger = signing_key(tmp_path_factory.mktemp("stranger"), "stranger")
    assert refused(case, key=stranger) == "signature"
