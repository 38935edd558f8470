"""The names of the wire protocol stand in three places; they must not drift apart."""

import re
from importlib.resources import files
from typing import get_args

from lti_room.base import paths
from lti_room.media.backend import MediaErrorCode
from lti_room.realtime import inbound, names
from lti_room.realtime.goodbyes import SENTENCES, Goodbye
from lti_room.rooms.events import Event
from lti_room.rooms.model import Hearers
from lti_room.rooms.refusals import RefusalCode

PROTOCOL = files("lti_room.realtime").joinpath("PROTOCOL.md").read_text()
JAVASCRIPT = (paths.assets("static") / "js" / "wire" / "names.js").read_text()


def section(start: str, end: str) -> str:
    return PROTOCOL.split(start, 1)[1].split(end, 1)[0]


def first_cells(text: str) -> set[str]:
    """Return the code words in the first column of the tables in a section."""
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    return {word for line in rows for word in re.findall(r"`(\w+)`", line.split("|")[1])}


def words(text: str) -> set[str]:
    return set(re.findall(r"\b[a-z_]+\b", " ".join(re.findall(r"`([^`]*)`", text))))


def javascript_table(name: str) -> dict[str, str]:
    body = JAVASCRIPT.split(f"{name} = Object.freeze({{", 1)[1].split("}", 1)[0]
    return dict(re.findall(r"(\w+): \"(\w+)\"", body))


def test_messages_in_the_document() -> None:
    assert first_cells(section("## From the client", "### `act`")) == set(names.ClientMessage)
    assert first_cells(section("## From the server", "### Event")) == set(names.ServerMessage)


def test_acts_in_the_document() -> None:
    text = section("### `act`: `do` and fields", "`target` is a participant id")
    assert {word.split()[0] for word in re.findall(r"`(\w+[^`]*)`", text)} - {"role"} == set(names.Act) - {
        "role"
    }


def test_reactions_events_and_codes_in_the_document() -> None:
    assert set(names.REACTIONS) <= words(PROTOCOL)
    types = {event.TYPE for event in get_args(Event)}
    assert first_cells(section("| type | audience | fields |", "### Snapshot")) == types
    for codes in (RefusalCode, MediaErrorCode, Goodbye, Hearers):
        assert set(codes) <= words(PROTOCOL), codes
    assert set(SENTENCES) == set(Goodbye)
    assert set(inbound.AUDIENCES) == set(Hearers)


def test_the_path_and_the_version_in_the_document() -> None:
    assert f"version {names.PROTOCOL_VERSION}" in PROTOCOL.splitlines()[0]
    assert f"path `{names.SOCKET_PATH}`, namespace `{names.NAMESPACE}`" in PROTOCOL


def test_the_same_names_in_javascript() -> None:
    for table in (names.ClientMessage, names.ServerMessage, names.Act):
        assert javascript_table(table.__name__) == {one.name: one.value for one in table}
    reactions = JAVASCRIPT.split("REACTIONS = Object.freeze([", 1)[1].split("]", 1)[0]
    assert tuple(re.findall(r"\"(\w+)\"", reactions)) == names.REACTIONS
    for name, value in (("SOCKET_PATH", names.SOCKET_PATH), ("NAMESPACE", names.NAMESPACE)):
        assert f'{name} = "{value}"' in JAVASCRIPT
    assert f"PROTOCOL_VERSION = {names.PROTOCOL_VERSION};" in JAVASCRIPT
