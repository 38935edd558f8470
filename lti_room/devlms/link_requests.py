"""The deep linking request of each LMS: a launch's claims, with what the recorded request has for a link."""

from typing import Any
from urllib.parse import urlsplit

from lti_room.devlms.persons import recorded
from lti_room.devlms.platform import CLAIM, Launch, Platform

SETTINGS = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
CONTENT_ITEMS = "https://purl.imsglobal.org/spec/lti-dl/claim/content_items"
DATA = "https://purl.imsglobal.org/spec/lti-dl/claim/data"
_ADDRESS_MARKS = ("FAKE.CANVAS.JWT", "FAKESESSKEY", "FAKEBASE64.")
"""What stands for the LMS's own memory in a recorded return address."""
_LINK_CLAIMS = ("resource_link", "lti1p1")


def as_request(platform: Platform, claims: dict[str, Any], launch: Launch) -> dict[str, Any]:
    """Return a deep linking request by the person and for the course of a launch."""
    document = recorded(platform.key, "deep_linking")
    request = {name: value for name, value in claims.items() if name not in _names(_LINK_CLAIMS)}
    request[CLAIM + "message_type"] = document[CLAIM + "message_type"]
    request[CLAIM + "target_link_uri"] = platform.launch_url
    request[CLAIM + "launch_presentation"] = {
        name: _here(platform, value) for name, value in document[CLAIM + "launch_presentation"].items()
    }
    request[SETTINGS] = settings_of(platform, launch.key)
    return request


def settings_of(platform: Platform, key: str) -> dict[str, Any]:
    """Return what this LMS accepts; `key` is what its return address remembers the request by."""
    settings: dict[str, Any] = recorded(platform.key, "deep_linking")[SETTINGS]
    address = _here(platform, settings["deep_link_return_url"])
    for mark in _ADDRESS_MARKS:
        address = address.replace(mark, key)
    return settings | {"deep_link_return_url": address}


def return_path(platform: Platform) -> str:
    """Return the path below the issuer that takes the tool's answer."""
    recorded_address = recorded(platform.key, "deep_linking")[SETTINGS]["deep_link_return_url"]
    return urlsplit(str(recorded_address)).path


def given_up_path(platform: Platform) -> str | None:
    """Return the path that takes a person back who gave up, where the recorded request names one."""
    address = recorded(platform.key, "deep_linking")[CLAIM + "launch_presentation"].get("return_url")
    return urlsplit(str(address)).path if address else None


def _names(short: tuple[str, ...]) -> set[str]:
    return {CLAIM + name for name in short}


def _here(platform: Platform, value: Any) -> Any:
    return value.replace(platform.recorded_host, platform.issuer) if isinstance(value, str) else value
