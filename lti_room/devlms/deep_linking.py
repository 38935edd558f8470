"""The tool's answer to "Add a room", judged as the real LMSs do.

Each LMS judges other things (the recorded platform facts, section 4.2): only what one of them checks is
checked here for that one; all of them check the signature against the tool's key set.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from lti_room.base.errors import AppError
from lti_room.devlms.link_requests import CONTENT_ITEMS, DATA, settings_of
from lti_room.devlms.platform import CLAIM, Platform
from lti_room.devlms.tokens import TokenRefused, tool_keys

_OLDEST = 300
_AHEAD = 30
_RESPONSE = "LtiDeepLinkingResponse"


class AnswerRefused(AppError):
    """The tool's answer was refused; the person stays in the LMS with a sentence."""


@dataclass(frozen=True)
class Taken:
    """What an answer brought: content items, for a course, by a person."""

    items: list[dict[str, Any]]
    course: int
    person: str


class Answers:
    """Judges answers; a Canvas answer's nonce and every request's memory count once."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._waiting: dict[str, tuple[int, str]] = {}
        self._nonces: set[str] = set()

    def expect(self, key: str, course: int, person: str) -> None:
        """A person was sent to the tool for a course; the return address remembers that by `key`."""
        self._waiting[key] = course, person

    def judge(self, query: Mapping[str, str], token: str, now: float) -> Taken:
        """Return what the answer brings.

        Raises:
            AnswerRefused: this LMS would refuse it; the code says why.
        """
        key = next((value for value in query.values() if value in self._waiting), None)
        if key is None:
            raise AnswerRefused("request_unknown", "This request is over, or never began.")
        said = self._signed(token)
        _CHECKS[self._platform.key](self, said, key, now)
        items = said.get(CONTENT_ITEMS)
        if not isinstance(items, list):
            raise AnswerRefused("items_missing", "The answer has no list of content items.")
        self._check_items(items, key)
        course, person = self._waiting.pop(key)
        return Taken(items, course, person)

    def _signed(self, token: str) -> dict[str, Any]:
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            keys = tool_keys(self._platform.tool_url)["keys"]
            found = next(key for key in keys if isinstance(key, dict) and kid and key.get("kid") == kid)
            said: dict[str, Any] = jwt.decode(
                token,
                jwt.PyJWK.from_dict(found, algorithm="RS256").key,
                algorithms=["RS256"],
                # Times and audience are judged by our clock, as each LMS does.
                options={"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False},
            )
        except (StopIteration, TokenRefused, jwt.PyJWTError) as error:
            raise AnswerRefused("signature", "The answer's signature is not the tool's.") from error
        return said

    def _check_items(self, items: list[Any], key: str) -> None:
        accepted = settings_of(self._platform, key)
        if len(items) > 1 and not accepted["accept_multiple"]:
            raise AnswerRefused("too_many", "Only one item is taken here.")
        for item in items:
            custom = item.get("custom", {}) if isinstance(item, dict) else None
            if not isinstance(custom, dict) or item.get("type") not in accepted["accept_types"]:
                raise AnswerRefused("item_type", "The item is of another type.")
            texts = [value for value in custom.values() if isinstance(value, str)]
            if len(texts) < len(custom) or any("\n" in text for text in texts):
                raise AnswerRefused("custom", "Custom values must be texts of one line.")
            maximum = item.get("lineItem", {}).get("scoreMaximum", 1)
            if isinstance(maximum, bool) or not isinstance(maximum, int | float) or maximum <= 0:
                raise AnswerRefused("line_item", "A line item needs a scoreMaximum.")

    def check_canvas(self, said: Mapping[str, Any], key: str, now: float) -> None:
        """Canvas wants iss, aud, times and a nonce it has not seen."""
        self._check_issuer(said)
        audience = said.get("aud")
        if self._platform.issuer not in (audience if isinstance(audience, list) else [audience]):
            raise AnswerRefused("aud", "The answer is for somebody else.")
        issued, expires, nonce = said.get("iat"), said.get("exp"), said.get("nonce")
        if not isinstance(issued, int) or not isinstance(expires, int) or expires < now:
            raise AnswerRefused("expired", "The answer has no times, or is over.")
        if not -_AHEAD <= now - issued < _OLDEST:
            raise AnswerRefused("iat", "The answer is too old, or from the future.")
        if not isinstance(nonce, str) or not nonce or nonce in self._nonces:
            raise AnswerRefused("nonce", "The answer has no nonce of its own.")
        self._nonces.add(nonce)

    def check_moodle(self, said: Mapping[str, Any], key: str, now: float) -> None:
        """Moodle wants iss, and times that are not over where there are any."""
        self._check_issuer(said)
        if "exp" in said and not now < float(said["exp"]):
            raise AnswerRefused("expired", "The answer is over.")

    def check_sakai(self, said: Mapping[str, Any], key: str, now: float) -> None:
        """Sakai wants the message type, and its data back."""
        if said.get(CLAIM + "message_type") != _RESPONSE:
            raise AnswerRefused("message_type", "The answer is another message.")
        if said.get(DATA) != settings_of(self._platform, key)["data"]:
            raise AnswerRefused("data", "The answer lacks the data of the request.")
        if "exp" in said and not now < float(said["exp"]):
            raise AnswerRefused("expired", "The answer is over.")

    def _check_issuer(self, said: Mapping[str, Any]) -> None:
        if said.get("iss") != self._platform.client_id:
            raise AnswerRefused("iss", "The answer is not from this tool.")


_CHECKS = {
    "canvas": Answers.check_canvas,
    "moodle": Answers.check_moodle,
    "sakai": Answers.check_sakai,
}
