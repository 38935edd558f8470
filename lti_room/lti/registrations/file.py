"""The TOML file of registrations (design section 7)."""

import tomllib
from pathlib import Path
from typing import Any

from lti_room.base.settings import SettingsError
from lti_room.lti.registrations.entry import from_mapping
from lti_room.lti.registrations.registration import Registration


def load(path: Path | str, *, development: bool = False) -> list[Registration]:
    """Return the registrations of a file.

    Raises:
        SettingsError: the file cannot be read, is not TOML, or holds a malformed entry; it says where.
    """
    try:
        document = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"LTI_ROOM_REGISTRATIONS: {path} cannot be read ({error.strerror}).") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"LTI_ROOM_REGISTRATIONS: {path} is not valid TOML: {error}.") from None
    return [_entry(path, entry, development) for entry in _entries(path, document)]


def _entries(path: Path | str, document: dict[str, Any]) -> list[Any]:
    if unknown := sorted(document.keys() - {"registration"}):
        raise SettingsError(
            f"LTI_ROOM_REGISTRATIONS: {path}: {unknown[0]!r} is unknown; entries start with [[registration]]."
        )
    entries = document.get("registration", [])
    if not isinstance(entries, list):
        raise SettingsError(
            f"LTI_ROOM_REGISTRATIONS: {path}: write [[registration]] with two brackets on each side."
        )
    return entries


def _entry(path: Path | str, entry: object, development: bool) -> Registration:
    if not isinstance(entry, dict):
        raise SettingsError(f"LTI_ROOM_REGISTRATIONS: {path}: a registration must be a table.")
    try:
        return from_mapping(entry, development=development)
    except SettingsError as error:
        raise SettingsError(f"LTI_ROOM_REGISTRATIONS: {path}: {error.message}") from None
