"""Events as JSON: `{"v", "at", "type", "version", ...fields, "cmd"?}`.

`v` is the room's version, `version` that of the event's shape. Reading is lenient towards newer
writers (unknown fields are dropped) and older ones (missing fields take their defaults); a type
nobody here knows is an error, because no room could be computed past it.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from types import UnionType
from typing import Any, Final, get_args, get_type_hints

import orjson

from lti_room.base.errors import AppError
from lti_room.rooms.events import Event, Recorded

Reader = Callable[[Any], Any]


class CodecError(AppError):
    """What the store holds cannot be read: written by a later version, or damaged."""

    def __init__(self, what: str) -> None:
        super().__init__("room_unreadable", f"This room's record cannot be read: {what}.")


@dataclass(frozen=True)
class _Shape:
    """How one event type is read."""

    make: Callable[..., Event]
    required: frozenset[str]
    readers: Mapping[str, Reader]


def _same(value: Any) -> Any:
    return value


def _reader(hint: Any) -> Reader:
    """Return how a field is read: an enum by its value, everything else as it is; null stays null."""
    choices = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    enums = [choice for choice in choices if isinstance(choice, type) and issubclass(choice, StrEnum)]
    if not enums:
        return _same
    enum = enums[0]
    return lambda value: None if value is None else enum(value)


def _shape(event: Any) -> _Shape:
    hints = get_type_hints(event)
    return _Shape(
        make=event,
        required=frozenset(field.name for field in fields(event) if field.default is MISSING),
        readers={field.name: _reader(hints[field.name]) for field in fields(event)},
    )


SHAPES: Final[Mapping[str, _Shape]] = {event.TYPE: _shape(event) for event in get_args(Event)}


def to_json(recorded: Recorded) -> dict[str, Any]:
    """Return an event's envelope as plain values (enums become their text when encoded)."""
    event = recorded.event
    envelope = {"v": recorded.version, "at": recorded.at, "type": event.TYPE, "version": event.VERSION}
    for name in SHAPES[event.TYPE].readers:
        envelope[name] = getattr(event, name)
    if recorded.command_id is not None:
        envelope["cmd"] = recorded.command_id
    return envelope


def encode(recorded: Recorded) -> bytes:
    """Return an event's envelope as JSON."""
    return orjson.dumps(to_json(recorded))


def decode(data: bytes) -> Recorded:
    """Read an envelope.

    Raises:
        CodecError: not an envelope, an unknown type, a missing field or an unknown value.
    """
    try:
        envelope = orjson.loads(data)
        shape = SHAPES[envelope["type"]]
        present = {name: read(envelope[name]) for name, read in shape.readers.items() if name in envelope}
        if missing := shape.required - present.keys():
            raise CodecError(f"{envelope['type']} lacks {', '.join(sorted(missing))}")
        return Recorded(envelope["v"], envelope["at"], shape.make(**present), envelope.get("cmd"))
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise CodecError(f"{type(error).__name__} in an event") from error
