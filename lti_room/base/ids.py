"""Names for the identifiers that cross packages. Types only: the pure core imports this file."""

from typing import NewType

RoomId = NewType("RoomId", str)
"""`r_` and 16 characters; made at the first launch of a link."""

ParticipantId = NewType("ParticipantId", str)
"""`p_` and 16 characters: a hash of (registration, `sub`), so it holds nothing personal."""

ConnectionId = NewType("ConnectionId", str)
"""`c_` and 16 characters: one page load."""

SessionId = NewType("SessionId", str)
"""`s_` and 16 characters: one meeting in a room."""

LaunchId = NewType("LaunchId", str)
"""`l_` and 16 characters: one verified LTI message."""
