"""The lines of a grade book: each person's points by the rules now, and what is known of sending them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from lti_room.base.ids import ParticipantId
from lti_room.usecases.grading.grade_queue import Grade, GradeState


class LineState(StrEnum):
    """Where one person's grade is. Part of the API: never renamed.

    `left_out`: the 0 of somebody who never came, which is not sent unless a host chose so.
    """

    NONE = "none"
    LEFT_OUT = "left_out"
    DRAFT = "draft"
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One person's grade. `sendable`: it is known who they are to the platform."""

    points: float | None
    state: LineState
    grade: Grade | None
    sendable: bool
    never_came: bool

    @property
    def is_zero_by_choice(self) -> bool:
        """Whether it is a host's choice if this is sent."""
        undecided = self.state in {LineState.LEFT_OUT, LineState.DRAFT}
        return self.never_came and undecided and self.points == 0 and self.sendable


def line(
    points: float | None,
    maximum: float,
    known: Grade | None,
    *,
    sendable: bool,
    never_came: bool,
    zeros_chosen: bool,
) -> Line:
    """Return somebody's line: `points` of `maximum` now, `known` as it was accepted for sending."""
    state = _state(points, maximum, known)
    if state is LineState.DRAFT and never_came and points == 0 and not zeros_chosen:
        state = LineState.LEFT_OUT
    return Line(points=points, state=state, grade=known, sendable=sendable, never_came=never_came)


def _state(points: float | None, maximum: float, known: Grade | None) -> LineState:
    if known is None:
        return LineState.NONE if points is None else LineState.DRAFT
    is_same = points is None or (known.value, known.maximum) == (points, maximum)
    if known.state is GradeState.WAITING:
        return LineState.WAITING
    if known.state is GradeState.FAILED and is_same:
        return LineState.FAILED
    if points is None or known.is_in_gradebook(points, maximum):
        return LineState.SENT if known.sent_at is not None else LineState.NONE
    return LineState.DRAFT


def name_of_draft(lines: Mapping[ParticipantId, Line], points: float) -> str:
    """Return a name that changes whenever Send would send something else."""
    told = sorted((who, one.points) for who, one in lines.items() if one.state is LineState.DRAFT)
    return hashlib.sha256(json.dumps([points, told]).encode()).hexdigest()[:16]
