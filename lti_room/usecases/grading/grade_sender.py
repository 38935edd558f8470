"""Brings waiting grades to the gradebooks: inside a web process, each registration's lane under a lease.

A platform that hangs or refuses holds up its own lane only. After a failure of the whole platform its lane
stands still, longer each time; after many in a row what waits fails visibly, and a person decides.
"""

import datetime
from collections.abc import Callable
from threading import Thread
from typing import Final

import redis.exceptions

from lti_room.base import entropy
from lti_room.base.clock import Clock
from lti_room.base.log import logger
from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings
from lti_room.lti.services.errors import ServiceError, ServiceErrorCode
from lti_room.lti.services.grades import Activity, Grades, Grading, Score
from lti_room.usecases.follow import Stop
from lti_room.usecases.grading.grade_column import GradeColumns, Refused
from lti_room.usecases.grading.grade_queue import GradeQueue, Pause, Taken
from lti_room.usecases.lease import Lease

PAUSE_SECONDS: Final = 0.5
LEASE_MS: Final = 5000
LONGEST_WAIT_SECONDS: Final = 900.0
_OF_THE_PLATFORM: Final = frozenset(
    {ServiceErrorCode.PLATFORM_TOKEN, ServiceErrorCode.SERVICE_UNREACHABLE, ServiceErrorCode.RATE_LIMITED}
)
"""Failures that say nothing about the one grade: the next one would fail as well."""
_OLDER_THAN_KEPT: Final = 409

log = logger("usecases.grade_sender")


class GradeSender:
    """Works the lanes of all registrations."""

    def __init__(
        self,
        redis: Redis,
        clock: Clock,
        settings: Settings,
        queue: GradeQueue,
        columns: GradeColumns,
        service: Grades,
        follow_up: Callable[[], None],
        holder: str,
    ) -> None:
        self._redis = redis
        self._clock = clock
        self._settings = settings
        self._queue = queue
        self._columns = columns
        self._service = service
        self._follow_up = follow_up
        self._holder = holder
        self._chores = Lease(redis, "grades", holder, LEASE_MS)
        self._working: dict[str, tuple[Lease, Thread]] = {}

    def run(self, stop: Stop) -> None:
        """Send whenever something is due, until `stop` is set."""
        while not stop.wait(PAUSE_SECONDS):
            try:
                self.tick(stop)
            except redis.exceptions.RedisError:
                continue
            except Exception:
                log.exception("sending grades failed", extra={"code": "internal"})

    def tick(self, stop: Stop) -> None:
        """Look once for what is due, and let it be sent in threads of its own."""
        if self._chores.hold():
            self._follow_up()
        for registration, (lease, thread) in list(self._working.items()):
            if not thread.is_alive():
                del self._working[registration]
                lease.release()
            else:
                lease.hold()
        for registration in self._queue.lanes():
            if registration in self._working or not self._is_due(registration):
                continue
            lease = Lease(self._redis, f"grades:{registration}", self._holder, LEASE_MS)
            if lease.hold():
                thread = Thread(target=self._work_safely, args=(registration, stop), daemon=True)
                self._working[registration] = lease, thread
                thread.start()

    def _is_due(self, registration: str) -> bool:
        pause = self._queue.pause_of(registration)
        now = self._clock.now()
        return (pause is None or pause.until <= now) and self._queue.take(registration, now) is not None

    def _work_safely(self, registration: str, stop: Stop) -> None:
        try:
            self.work(registration, stop)
        except redis.exceptions.RedisError:
            log.info("Redis did not answer", extra={"registration": registration})
        except Exception:
            log.exception("a lane failed", extra={"code": "internal", "registration": registration})

    def work(self, registration: str, stop: Stop) -> None:
        """Send what is due in one lane, one after the other, until nothing is or the platform fails."""
        while not stop.is_set() and (taken := self._queue.take(registration, self._clock.now())):
            if not self._attempt(taken):
                return

    def _attempt(self, taken: Taken) -> bool:
        """Try one grade; False: the lane stands still now."""
        try:
            self._send(taken)
        except Refused as refused:
            self._refused(taken, refused)
        except ServiceError as error:
            return self._failed(taken, error)
        else:
            self._queue.sent(taken, self._clock.now())
            self._queue.go_on(taken.registration)
        return True

    def _send(self, taken: Taken) -> None:
        column = self._columns.open(taken.registration, taken.room)
        score = Score(
            user_id=self._columns.user_id(taken.registration, taken.participant),
            given=taken.grade.value,
            maximum=taken.grade.maximum,
            # Anything else erases the grade in Moodle, and Canvas shows 0 as "needs grading".
            activity=Activity.COMPLETED,
            grading=Grading.FULLY_GRADED,
            at=datetime.datetime.fromtimestamp(self._clock.now(), datetime.UTC),
        )
        where = column.registration, column.endpoint, column.line_item
        try:
            self._service.send(*where, score, deployment=column.deployment)
        except ServiceError as error:
            if error.status == 404 and self._columns.forget(taken.room):
                # Somebody deleted our column: a new one is made at the next try.
                raise ServiceError(ServiceErrorCode.SERVICE_REFUSED, status=404) from None
            raise

    def _refused(self, taken: Taken, refused: Refused) -> None:
        if refused.everybody:
            self._queue.fail_waiting(taken.registration, refused.code, taken.room)
        else:
            self._queue.failed(taken, refused.code)
        self._tell(taken, refused.code)

    def _failed(self, taken: Taken, error: ServiceError) -> bool:
        self._tell(taken, error.code, error.status)
        if error.code in _OF_THE_PLATFORM and not error.permanent:
            self._stand_still(taken, error)
            return False
        again = not error.permanent or error.status == _OLDER_THAN_KEPT
        if again and taken.grade.tries + 1 < self._settings.grade_tries:
            until = self._clock.now() + self._wait(taken.grade.tries, error.retry_after)
            self._queue.postpone(taken, error.code, until)
        else:
            self._queue.failed(taken, _reason(error))
        return True

    def _stand_still(self, taken: Taken, error: ServiceError) -> None:
        before = self._queue.pause_of(taken.registration)
        tries = (before.tries if before else 0) + 1
        if tries >= self._settings.grade_tries:
            self._queue.fail_waiting(taken.registration, error.code)
            self._queue.go_on(taken.registration)
            return
        until = self._clock.now() + self._wait(tries - 1, error.retry_after)
        self._queue.pause(taken.registration, Pause(error.code, until, tries))

    def _wait(self, tries: int, asked: float | None) -> float:
        """Return seconds to wait: doubled each time, at random so that not all come at once."""
        longest = min(LONGEST_WAIT_SECONDS, self._settings.grade_retry_seconds * 2.0 ** min(tries, 30))
        jittered = longest * (0.5 + entropy.random_bits(16) / 2**17)
        return max(jittered, asked or 0.0)

    def _tell(self, taken: Taken, code: str, status: int | None = None) -> None:
        where = {"room": taken.room, "participant": taken.participant, "registration": taken.registration}
        log.info("a grade was not taken (status %s)", status, extra=where | {"code": code})


def _reason(error: ServiceError) -> str:
    """Return the code a person reads: what one refused grade is about depends on how it was refused."""
    if error.code != ServiceErrorCode.SERVICE_REFUSED:
        return error.code
    if error.status in {401, 403}:
        return "scores_forbidden"
    return "person_refused"
