"""What a check of the installation finds."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, how it is, and what to do about it (empty if nothing).

    Never holds a secret, a fetched body or anything about a person.
    """

    about: str
    level: Level
    said: str
    advice: str = ""


def ok(about: str, said: str) -> Finding:
    """Return a finding without anything to do."""
    return Finding(about, Level.OK, said)


def warn(about: str, said: str, advice: str) -> Finding:
    """Return a finding that somebody should look at."""
    return Finding(about, Level.WARN, said, advice)


def fail(about: str, said: str, advice: str) -> Finding:
    """Return a finding that keeps people out of their rooms, or loses data."""
    return Finding(about, Level.FAIL, said, advice)
