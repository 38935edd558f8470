"""The tools of one emulated LMS: the one it comes with, and those that registered themselves."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from lti_room.devlms.launches import Launches
from lti_room.devlms.platform import Platform


@dataclass
class RegisteredTool:
    """A tool that registered itself: the LMS as it sees it. Nothing is launched before it is active."""

    name: str
    platform: Platform
    launches: Launches
    active: bool = False


class Tools:
    """Finds the tool a request belongs to by its client_id."""

    def __init__(self, platform: Platform, launches: Launches) -> None:
        self._platform = platform
        self._own = RegisteredTool("Built in", platform, launches, active=True)
        self._registered: dict[str, RegisteredTool] = {}

    def __iter__(self) -> Iterator[RegisteredTool]:
        return iter(self._registered.values())

    def find(self, client_id: str) -> RegisteredTool | None:
        """Return a tool that registered itself."""
        return self._registered.get(client_id)

    def at_work(self, client_id: str) -> RegisteredTool:
        """Return the active tool with this client_id, else the built-in one, which refuses the request."""
        found = self._registered.get(client_id)
        return found if found and found.active else self._own

    def asking(self, form: Mapping[str, str]) -> RegisteredTool:
        """Return the tool that asks for an access token; its assertion is judged afterwards."""
        try:
            claims = jwt.decode(form.get("client_assertion", ""), options={"verify_signature": False})
        except jwt.PyJWTError:
            claims = {}
        return self.at_work(str(claims.get("sub", "")))

    def add(self, request: Mapping[str, Any], client_id: str, deployment_id: str) -> RegisteredTool:
        """Keep a tool whose registration request was accepted."""
        platform = copy.copy(self._platform)
        platform.client_id, platform.deployment_id = client_id, deployment_id
        platform.login_url = str(request["initiate_login_uri"])
        platform.launch_url = str(request["redirect_uris"][0])
        tool = RegisteredTool(str(request["client_name"]), platform, Launches(platform))
        self._registered[client_id] = tool
        return tool
