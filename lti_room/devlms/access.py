"""Access tokens at work: which were given out, and what each allows."""

from flask import abort, request

from lti_room.devlms.tokens import AccessToken


class AccessTokens:
    """The tokens of one emulated LMS, in memory."""

    def __init__(self) -> None:
        self._granted: dict[str, tuple[frozenset[str], float]] = {}

    def note(self, token: AccessToken, now: float) -> None:
        """Remember a token that was given out."""
        self._granted[token.text] = (frozenset(token.scopes), now + token.seconds)

    def forget(self) -> None:
        """Take back every token, as after a restart of some LMSs."""
        self._granted.clear()

    def require(self, refusal: int, now: float, *scopes: str) -> None:
        """Refuse a request without a living token (401) or without one of the scopes (`refusal`)."""
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        allowed, ends = self._granted.get(text, (frozenset[str](), 0.0))
        if scheme != "Bearer" or not now < ends:
            abort(401)
        if not allowed & set(scopes):
            abort(refusal)
