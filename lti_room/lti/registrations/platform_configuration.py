"""What a platform says about itself before it registers us: its OpenID configuration.

Dynamic Registration 1.0 section 3.5. The document is believed for as much as its addresses vouch for each
other: everything on the issuer's own host, or on hosts known to belong together.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from lti_room.lti.registrations.entry import address
from lti_room.lti.registrations.errors import RegistrationErrorCode, RegistrationFailed
from lti_room.lti.registrations.registration import Platform

PLATFORM_CONFIGURATION: Final = "https://purl.imsglobal.org/spec/lti-platform-configuration"
RESOURCE_LINK: Final = "LtiResourceLinkRequest"
DEEP_LINKING: Final = "LtiDeepLinkingRequest"

_FAMILIES: Final = {
    "canvas": Platform.CANVAS,
    "moodle": Platform.MOODLE,
    "sakai": Platform.SAKAI,
    "sakailms.org": Platform.SAKAI,
}
_TOGETHER: Final = {
    "https://canvas.instructure.com": ("sso.canvaslms.com", ".instructure.com"),
    "https://canvas.beta.instructure.com": ("sso.beta.canvaslms.com", ".beta.instructure.com"),
    "https://canvas.test.instructure.com": ("sso.test.canvaslms.com", ".test.instructure.com"),
}
"""Issuer -> hosts (or their endings) that speak for it. Hosted Canvas: one issuer, a host for each school."""

_NEEDED: Final = (
    ("response_types_supported", "id_token"),
    ("id_token_signing_alg_values_supported", "RS256"),
    ("token_endpoint_auth_methods_supported", "private_key_jwt"),
    ("token_endpoint_auth_signing_alg_values_supported", "RS256"),
)
_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint")
_ACCOUNT_NAME: Final = "https://canvas.instructure.com/lti/account_name"
_LONGEST: Final = 255


@dataclass(frozen=True, kw_only=True)
class PlatformConfiguration:
    """A platform's configuration, checked. `messages` is message type -> placements that it offers."""

    url: str
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    registration_endpoint: str
    platform: Platform
    version: str
    account_name: str
    scopes: frozenset[str]
    claims: frozenset[str]
    messages: Mapping[str, frozenset[str]]

    @property
    def host(self) -> str:
        """The host people know this platform by: the one its configuration lies on."""
        return urlsplit(self.url).netloc

    @property
    def origin(self) -> str:
        """The origin of the configuration: the LMS's own pages are there."""
        return "{0.scheme}://{0.netloc}".format(urlsplit(self.url))

    def is_of_one_piece(self) -> bool:
        """Whether configuration and endpoints belong to the issuer (Dynamic Registration 1.0, 3.5.1)."""
        known = _TOGETHER.get(self.issuer)
        if known is not None:
            return all(self._speaks_for(urlsplit(one), known) for one in self._addresses())
        own = urlsplit(self.issuer)
        below = self.url.startswith(self.issuer.rstrip("/") + "/")
        return below and all(urlsplit(one)[:2] == own[:2] for one in self._addresses())

    def _addresses(self) -> Iterator[str]:
        yield self.url
        yield from (getattr(self, name) for name in _ENDPOINTS)

    @staticmethod
    def _speaks_for(parts: Any, known: tuple[str, ...]) -> bool:
        host = parts.netloc.lower()
        return parts.scheme == "https" and any(
            host.endswith(one) if one.startswith(".") else host == one for one in known
        )


def read_configuration(body: bytes, url: str, *, development: bool) -> PlatformConfiguration:
    """Read and check a configuration.

    Args:
        body: the document as it came.
        url: where it was fetched from.
        development: allow http for local hosts.

    Raises:
        RegistrationFailed: rows 119 and 120 of the attack table, or no configuration at all.
    """
    document = _object(body)
    platform = document.get(PLATFORM_CONFIGURATION)
    if not isinstance(platform, dict):
        raise RegistrationFailed(RegistrationErrorCode.MALFORMED)
    if any(value not in _texts(document, name) for name, value in _NEEDED):
        raise RegistrationFailed(RegistrationErrorCode.UNSUITABLE)
    messages = dict(_messages(platform))
    if RESOURCE_LINK not in messages:
        raise RegistrationFailed(RegistrationErrorCode.UNSUITABLE)
    return PlatformConfiguration(
        url=url,
        issuer=_address(document, "issuer", development),
        **{name: _address(document, name, development) for name in _ENDPOINTS},
        platform=_FAMILIES.get(_text(platform, "product_family_code").lower(), Platform.OTHER),
        version=_text(platform, "version"),
        account_name=_text(platform, _ACCOUNT_NAME),
        scopes=frozenset(_texts(document, "scopes_supported")),
        claims=frozenset(_texts(document, "claims_supported")),
        messages=messages,
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise RegistrationFailed(RegistrationErrorCode.MALFORMED) from None
    if not isinstance(document, dict):
        raise RegistrationFailed(RegistrationErrorCode.MALFORMED)
    return document


def _messages(platform: Mapping[str, Any]) -> Iterator[tuple[str, frozenset[str]]]:
    offered = platform.get("messages_supported")
    for message in offered if isinstance(offered, list) else ():
        if isinstance(message, dict) and isinstance(message.get("type"), str):
            yield message["type"], frozenset(_texts(message, "placements"))


def _address(document: Mapping[str, Any], name: str, development: bool) -> str:
    if not isinstance(document.get(name), str):
        raise RegistrationFailed(RegistrationErrorCode.MALFORMED)
    try:
        return address(document, name, development)
    except ValueError:
        raise RegistrationFailed(RegistrationErrorCode.URL_NOT_ALLOWED) from None


def _texts(values: Mapping[str, Any], name: str) -> list[str]:
    found = values.get(name)
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _text(values: Mapping[str, Any], name: str) -> str:
    found = values.get(name)
    return "".join(c for c in found if c.isprintable()).strip()[:_LONGEST] if isinstance(found, str) else ""
