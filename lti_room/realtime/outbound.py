"""The only encoder: what the server sends, as Socket.IO packets. Names are added here and nowhere else."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

import orjson

from lti_room.base.ids import ParticipantId
from lti_room.realtime.nameplates import Nameplates
from lti_room.realtime.names import NAMESPACE, ServerMessage
from lti_room.realtime.ring import Heard
from lti_room.rooms.events import Event
from lti_room.usecases.chat import ChatEntry, ChatRemoved

Json = dict[str, Any]
_HEAD = f"2{NAMESPACE},"
_PERSON_FIELDS = ("participant", "by")
_LISTS_OF_PEOPLE = ("stage", "screens", "requests", "invitations", "removed", "hands")


def packet(message: ServerMessage, payload: object) -> str:
    """Return a message as the text of a Socket.IO event packet."""
    return _HEAD + orjson.dumps([message, payload]).decode()


def packed(message: ServerMessage, payload: object) -> str:
    """Return a large message: its payload travels as ONE JSON string, which no layer below walks through."""
    return packet(message, orjson.dumps(payload).decode())


def mentioned(event: Event) -> list[ParticipantId]:
    """Return everybody an event names."""
    found = (getattr(event, name, None) for name in _PERSON_FIELDS)
    return [one for one in found if one is not None]


def event(heard: Heard, names: Nameplates) -> Json:
    """Return an event as its audience gets it."""
    recorded = heard.recorded
    own = {field.name: getattr(recorded.event, field.name) for field in fields(recorded.event)}
    return {
        "v": recorded.version,
        "prev": heard.prev,
        "audience": heard.audience.kind,
        "type": recorded.event.TYPE,
        "at": recorded.at,
        "people": {who: names.of(who) for who in mentioned(recorded.event)},
        **own,
    }


def people_in(state: Json) -> set[ParticipantId]:
    """Return everybody the state part of a snapshot names."""
    found = {state["me"]["id"], *state["roles"]}
    entries = [one for name in _LISTS_OF_PEOPLE for one in state.get(name, [])]
    invitation = state["me"]["invitation"]
    for entry in [*entries, *([invitation] if invitation else [])]:
        found |= {entry.get("id"), entry.get("by")}
    return {who for who in found if who is not None}


def named(state: Json, names: Nameplates) -> Json:
    """Return the state part of a snapshot with the names in it."""
    me = state["me"]
    lists = {name: [_named(one, names) for one in state[name]] for name in _LISTS_OF_PEOPLE if name in state}
    invitation = me["invitation"] and _named(me["invitation"], names)
    return {**state, **lists, "me": {**_named(me, names), "invitation": invitation}}


def _named(entry: Json, names: Nameplates) -> Json:
    added = {"name": names.of(entry["id"])} if "id" in entry else {}
    if entry.get("by"):
        added["by_name"] = names.of(entry["by"])
    return {**entry, **added}


def chat(entry: ChatEntry, names: Nameplates) -> Json:
    """Return a chat message, or the notice that one was removed."""
    if isinstance(entry, ChatRemoved):
        return {"seq": entry.seq, "removed": True}
    return {
        "seq": entry.seq,
        "from": entry.sender,
        "name": names.of(entry.sender),
        "text": entry.text,
        "at": entry.at,
    }


def reactions(taken: Iterable[Json], names: Nameplates) -> list[Json]:
    """Return counted reactions with the first names of the first few senders."""
    return [
        {
            "emoji": one["emoji"],
            "count": one["count"],
            "names": [names.of(ParticipantId(who)).split(" ")[0] for who in one["senders"]],
        }
        for one in taken
    ]
