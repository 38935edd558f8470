"""How long things in a room wait. The caller fills this from its settings; the core never reads any."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Durations of the stage rules, in seconds. The defaults are those of `base.settings`."""

    invitation_seconds: float = 120.0
    """How long a stage invitation waits for an answer."""
    get_ready_seconds: float = 600.0
    """How long it waits once "Get ready to join the stage" is open."""
    more_time_seconds: float = 120.0
    """What "Give me more time" adds."""
    early_entry_seconds: float = 900.0
    """How long before its start a scheduled room lets everybody in."""
    keep_seat_seconds: float = 30.0
    """How long seat, hand, request and invitation are kept for somebody whose connection is lost."""
