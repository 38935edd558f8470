"""A score as it may be sent: AGS 2.0 section 3.4, https://www.imsglobal.org/spec/lti-ags/v2p0#score-publish-service."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from lti_room.base.errors import AppError
from lti_room.lti.claim_values import is_id

_LONGEST_COMMENT: Final = 4000


class Activity(StrEnum):
    """How far the person is (AGS 3.4.7)."""

    INITIALIZED = "Initialized"
    STARTED = "Started"
    IN_PROGRESS = "InProgress"
    SUBMITTED = "Submitted"
    COMPLETED = "Completed"


class Grading(StrEnum):
    """How far the grading is (AGS 3.4.8)."""

    FULLY_GRADED = "FullyGraded"
    PENDING = "Pending"
    PENDING_MANUAL = "PendingManual"
    FAILED = "Failed"
    NOT_READY = "NotReady"


class ScoreInvalid(AppError):
    """A score that must not be sent (row 111); code `score_invalid`."""

    def __init__(self, reason: str) -> None:
        super().__init__("score_invalid", reason)


@dataclass(frozen=True, kw_only=True)
class Score:
    """What one person gets at one line item.

    `given` out of `maximum`; it may exceed it. None tells progress alone: Canvas and Moodle then *take away*
    a grade that is there, as they do unless `grading` is FULLY_GRADED (Canvas also keeps PENDING_MANUAL); see
    `erases_grade`.

    Raises:
        ScoreInvalid: a number that is none (row 111), an unknown progress, a time without zone.
    """

    user_id: str
    given: float | None
    maximum: float
    activity: Activity
    grading: Grading
    at: datetime
    comment: str | None = None

    def __post_init__(self) -> None:
        if not is_id(self.user_id):
            raise ScoreInvalid("user_id must be a platform's user id")
        if self.given is not None and not (_is_number(self.given) and self.given >= 0):
            raise ScoreInvalid("given must be a number that is not negative")
        if not (_is_number(self.maximum) and self.maximum > 0):
            raise ScoreInvalid("maximum must be a number above 0")
        if self.activity not in set(Activity) or self.grading not in set(Grading):
            raise ScoreInvalid("activity and grading must be words of the specification")
        if self.at.tzinfo is None:
            raise ScoreInvalid("at must have a time zone")
        if self.comment is not None and len(self.comment) > _LONGEST_COMMENT:
            raise ScoreInvalid(f"comment must have at most {_LONGEST_COMMENT} characters")

    def payload(self, timestamp: datetime) -> dict[str, Any]:
        """Return the members to send, dated `timestamp` (AGS 3.4.3: sub-second, with zone)."""
        number = {} if self.given is None else {"scoreGiven": _plain(self.given)}
        return {
            "userId": self.user_id,
            "scoreMaximum": _plain(self.maximum),
            "activityProgress": self.activity.value,
            "gradingProgress": self.grading.value,
            "timestamp": timestamp.astimezone(UTC).isoformat(timespec="milliseconds"),
            **number,
            **({"comment": self.comment} if self.comment else {}),
        }


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _plain(value: float) -> float:
    return int(value) if float(value).is_integer() else value
