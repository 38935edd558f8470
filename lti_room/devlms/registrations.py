"""The registrations of the emulated LMSs, for the tool that is launched from them."""

import ipaddress
from urllib.parse import urlsplit

from lti_room.base.errors import AppError
from lti_room.devlms.canvas import Canvas
from lti_room.devlms.moodle import Moodle
from lti_room.devlms.platform import Platform
from lti_room.devlms.sakai import Sakai


class DevLmsRefused(AppError):
    """The emulated LMSs let anybody be anybody: they refuse to run where that could matter."""


def platforms(devlms_url: str, tool_url: str) -> dict[str, Platform]:
    """Return the emulated LMSs by key.

    Raises:
        DevLmsRefused: an address is not a local one, or both are on one host name. Browsers keep cookies
            per host name whatever the port: one name for both would prove nothing about a course page.
    """
    for url in (devlms_url, tool_url):
        if not _is_local(urlsplit(url).hostname or ""):
            raise DevLmsRefused(
                "devlms_not_local",
                f"The emulated LMSs work with loopback and private addresses, not {url!r}.",
            )
    if urlsplit(devlms_url).hostname == urlsplit(tool_url).hostname:
        raise DevLmsRefused(
            "devlms_same_host",
            "The emulated LMSs need another host name than the room, such as localhost beside 127.0.0.1.",
        )
    return {kind.key: kind(devlms_url, tool_url) for kind in (Canvas, Moodle, Sakai)}


def emulated(devlms_url: str, tool_url: str) -> list[dict[str, object]]:
    """Return one registration per emulated LMS, in the shape of a `[[registration]]` of the TOML file.

    Raises:
        DevLmsRefused: see `platforms`.
    """
    return [
        {
            "name": f"Emulated {platform.name}",
            "platform": platform.key,
            "issuer": platform.issuer,
            "client_id": platform.client_id,
            "auth_login_url": platform.issuer + platform.authorisation_path,
            "auth_token_url": platform.token_url,
            "jwks_url": platform.issuer + platform.jwks_path,
            "deployments": [platform.deployment_id],
            "frame_origins": [devlms_url],
        }
        for platform in platforms(devlms_url, tool_url).values()
    ]


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_private
