"""How long a platform asks us to wait (RFC 9110 section 10.2.3)."""

from email.utils import parsedate_to_datetime
from typing import Final

from lti_room.lti.http import Answer

_MOST_SECONDS: Final = 3600.0


def retry_after(answer: Answer, now: float) -> float | None:
    """Return the seconds a Retry-After header names, at most an hour; None without a usable one."""
    said = answer.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return min(float(said[:6]), _MOST_SECONDS)
    try:
        at = parsedate_to_datetime(said).timestamp()
    except (ValueError, OverflowError):
        return None
    return min(max(0.0, at - now), _MOST_SECONDS)
