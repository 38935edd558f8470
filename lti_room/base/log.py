"""Structured log lines: one JSON object each, never a token, a ticket, a name or an e-mail."""

import json
import logging
import sys
from typing import Any

_FIELDS = ("launch", "room", "participant", "connection", "registration", "worker", "code", "reference")


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{int(record.msecs):03d}",
            "level": record.levelname,
            "part": record.name.removeprefix("lti_room."),
            "message": record.getMessage(),
        }
        line.update({name: str(record.__dict__[name]) for name in _FIELDS if name in record.__dict__})
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def setup(level: str) -> None:
    """Send every log line to standard error as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel("WARNING")
    logging.getLogger("lti_room").setLevel(level)


def logger(part: str) -> logging.Logger:
    """Return the logger of a part, such as `realtime.gateway`."""
    return logging.getLogger(f"lti_room.{part}")
