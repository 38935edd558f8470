"""Assignment and Grade Services 2.0: https://www.imsglobal.org/spec/lti-ags/v2p0."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from lti_room.base.redis_client import Redis
from lti_room.lti.claim_values import text_of
from lti_room.lti.http import Answer
from lti_room.lti.registrations.registration import Platform, Registration
from lti_room.lti.services.addresses import asking, below
from lti_room.lti.services.columns import Columns, hashed
from lti_room.lti.services.connector import ServiceConnector
from lti_room.lti.services.errors import ServiceError, ServiceErrorCode
from lti_room.lti.services.line_items import SCOPE_RESULT, SCOPE_SCORE, GradesEndpoint, LineItem
from lti_room.lti.services.pages import entries, pages
from lti_room.lti.services.score_times import ScoreTimes
from lti_room.lti.services.scores import Activity, Grading, Score, ScoreInvalid

__all__ = [
    "Activity",
    "Grades",
    "GradesEndpoint",
    "Grading",
    "LineItem",
    "Result",
    "Score",
    "ScoreInvalid",
    "erases_grade",
]

SCORE: Final = "application/vnd.ims.lis.v1.score+json"
RESULTS: Final = "application/vnd.ims.lis.v2.resultcontainer+json"
CANVAS_SUBMISSION: Final = "https://canvas.instructure.com/lti/submission"
_MOST_RESULTS: Final = 20_000
_PAGE: Final = "200"
_MAKING_SECONDS: Final = 60


@dataclass(frozen=True)
class Result:
    """What the gradebook holds for one person; `score` is None where there is no grade."""

    user_id: str
    score: float | None
    maximum: float | None
    comment: str | None


def erases_grade(registration: Registration, score: Score) -> bool:
    """Whether a platform takes away a grade that is there when it gets this score (lti_platforms 5.3)."""
    if registration.platform is Platform.CANVAS:
        return score.given is None or score.grading not in {Grading.FULLY_GRADED, Grading.PENDING_MANUAL}
    return score.given is None or score.grading is not Grading.FULLY_GRADED


class Grades:
    """The client of the service."""

    def __init__(self, redis: Redis, connector: ServiceConnector) -> None:
        self._redis = redis
        self._connector = connector
        self._times = ScoreTimes(redis)

    def line_item(
        self,
        registration: Registration,
        endpoint: GradesEndpoint,
        *,
        label: str,
        maximum: float,
        resource_id: str,
        tag: str,
        resource_link_id: str | None = None,
        deployment: str | None = None,
    ) -> str:
        """Return the column with our `resource_id` and `tag`, made if there is none; never two of them.

        The column the platform itself made for the link is `endpoint.lineitem`; it is not looked at here.

        Raises:
            ServiceError: `service_refused` if columns may not be made here; `service_unreachable` with
                `retry_after` while another process makes it; what `ServiceConnector.call` raises.
        """
        if not endpoint.may_create:
            raise ServiceError(ServiceErrorCode.SERVICE_REFUSED, permanent=True)
        lock = hashed("line-item-making", registration, f"{endpoint.lineitems}\0{resource_id}\0{tag}")
        if not self._redis.set(lock, b"1", nx=True, ex=_MAKING_SECONDS):
            raise ServiceError(ServiceErrorCode.SERVICE_UNREACHABLE, retry_after=5.0)
        columns = self._columns(registration, endpoint, deployment)
        coupled = {"resourceLinkId": resource_link_id} if resource_link_id is not None else {}
        try:
            return columns.find(resource_id, tag) or columns.make(
                {"label": label, "scoreMaximum": maximum, "resourceId": resource_id, "tag": tag, **coupled}
            )
        finally:
            self._redis.delete(lock)

    def line_item_details(
        self,
        registration: Registration,
        endpoint: GradesEndpoint,
        line_item: str,
        *,
        deployment: str | None = None,
    ) -> LineItem:
        """Return what the platform knows of a column.

        Raises:
            ServiceError: see `send`.
        """
        return self._columns(registration, endpoint, deployment).details(line_item)

    def send(
        self,
        registration: Registration,
        endpoint: GradesEndpoint,
        line_item: str,
        score: Score,
        *,
        deployment: str | None = None,
    ) -> datetime:
        """Send a score; return the timestamp it went with: later than any sent before for this person here.

        Sending a score again after a lost answer is harmless.

        Raises:
            ServiceError: `line_item_foreign`, the column is another course's (row 113);
                what `ServiceConnector.call` raises.
        """
        address = self._columns(registration, endpoint, deployment).own(line_item)
        timestamp = self._times.next(registration, address, score.user_id, score.at)
        payload = score.payload(timestamp)
        if registration.platform is Platform.CANVAS:
            # Without it each score would be a new submission and use up one of the person's attempts.
            payload[CANVAS_SUBMISSION] = {"new_submission": False}
        self._connector.call(
            registration,
            (SCOPE_SCORE,),
            "POST",
            below(address, "scores"),
            accept="application/json",
            content_type=SCORE,
            body=json.dumps(payload, allow_nan=False).encode(),
            deployment=deployment,
        )
        return timestamp

    def results(
        self,
        registration: Registration,
        endpoint: GradesEndpoint,
        line_item: str,
        *,
        user_id: str | None = None,
        deployment: str | None = None,
    ) -> list[Result]:
        """Return what the gradebook holds at a column, for one person or all.

        Raises:
            ServiceError: see `send`.
        """
        address = below(self._columns(registration, endpoint, deployment).own(line_item), "results")
        asked = asking(address, user_id=user_id) if user_id else asking(address, limit=_PAGE)

        def fetch(url: str) -> Answer:
            return self._connector.call(
                registration, (SCOPE_RESULT,), "GET", url, accept=RESULTS, deployment=deployment
            )

        found: list[Result] = []
        for page in pages(registration, asked, fetch):
            found += [_result(one) for one in entries(page) if isinstance(one.get("userId"), str)]
            if len(found) >= _MOST_RESULTS:
                break
        return [one for one in found if user_id in (None, one.user_id)]

    def _columns(
        self, registration: Registration, endpoint: GradesEndpoint, deployment: str | None
    ) -> Columns:
        return Columns(self._redis, self._connector, registration, endpoint, deployment)


def _result(entry: dict[str, Any]) -> Result:
    return Result(
        entry["userId"],
        _number(entry.get("resultScore")),
        _number(entry.get("resultMaximum")),
        text_of(entry, "comment"),
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
