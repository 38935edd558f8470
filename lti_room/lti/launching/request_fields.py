"""Single values out of what a browser sent: each field once, short enough, without control characters."""

from collections.abc import Mapping, Sequence
from typing import Final

from lti_room.lti.errors import LaunchError, LaunchErrorCode

Fields = Mapping[str, Sequence[str]]
"""Query or form parameters as they came, every value of every name."""

_CONTROL: Final = frozenset(chr(code) for code in (*range(0x20), 0x7F))


def single(fields: Fields, limits: Mapping[str, int], code: LaunchErrorCode) -> dict[str, str]:
    """Return the fields named in `limits`; absent and empty ones are left out.

    Args:
        fields: what came.
        limits: field name -> most characters.
        code: the refusal for a repeated, too long or unprintable value.

    Raises:
        LaunchError: with `code`.
    """
    found: dict[str, str] = {}
    for name, most in limits.items():
        values = fields.get(name, ())
        if len(values) > 1 or any(len(value) > most or not _CONTROL.isdisjoint(value) for value in values):
            raise LaunchError(code)
        if values and values[0]:
            found[name] = values[0]
    return found
