"""Commands of `lti-room`, over the same Redis a running lti-room uses."""

from collections.abc import Callable

import pytest

from lti_room.base.redis_client import Redis
from lti_room.base.settings import Settings
from lti_room.cli import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    redis: Redis,
    redis_settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Run a command; returns its status, what it printed, and its error sentence."""
    monkeypatch.setenv("LTI_ROOM_DEVELOPMENT", "1")
    monkeypatch.setenv("LTI_ROOM_DATA", str(redis_settings.data))

    def command(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main(words)
        printed = capsys.readouterr()
        return int(end.value.code or 0), printed.out, printed.err

    return command
