"""From an LMS's own address to the addresses LTI needs, so that an admin copies two values, not five.

What each LMS publishes: Canvas `lib/lti/oidc.rb` and its developer key pages, Moodle `mod/lti/lib.php`, Sakai
`LTI13Servlet`. All hosted Canvas schools share one issuer and one set of addresses.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from lti_room.base.settings import SettingsError
from lti_room.lti.registrations.registration import Platform

_CANVAS_HOSTED: Final = {
    ".beta.instructure.com": ("https://canvas.beta.instructure.com", "https://sso.beta.canvaslms.com"),
    ".test.instructure.com": ("https://canvas.test.instructure.com", "https://sso.test.canvaslms.com"),
    ".instructure.com": ("https://canvas.instructure.com", "https://sso.canvaslms.com"),
}
_CANVAS_PATHS: Final = {
    "auth_login_url": "/api/lti/authorize_redirect",
    "auth_token_url": "/login/oauth2/token",
    "jwks_url": "/api/lti/security/jwks",
}
_MOODLE_PATHS: Final = {
    "auth_login_url": "/mod/lti/auth.php",
    "auth_token_url": "/mod/lti/token.php",
    "jwks_url": "/mod/lti/certs.php",
}
_SAKAI_PATHS: Final = {
    "auth_login_url": "/imsoidc/lti13/oidc_auth",
    "jwks_url": "/imsblis/lti13/keyset",
}


def entry_for(platform: Platform, address: str) -> Mapping[str, Any]:
    """Return the members of a registration's entry that follow from the LMS's own address.

    Sakai's token address ends with the number of the tool there, so it does not follow.

    Args:
        platform: Canvas, Moodle or Sakai.
        address: what people type to get there, such as `https://school.instructure.com`.

    Raises:
        SettingsError: this is no address, or nothing follows from it for this platform.
    """
    base = _base(address)
    match platform:
        case Platform.CANVAS:
            return _canvas(base)
        case Platform.MOODLE:
            return {"issuer": base, **_under(base, _MOODLE_PATHS)}
        case Platform.SAKAI:
            return {"issuer": base, **_under(base, _SAKAI_PATHS)}
    raise SettingsError("address: nothing is known about this platform.")


def _canvas(base: str) -> dict[str, Any]:
    host = urlsplit(base).hostname or ""
    for suffix, (issuer, login) in _CANVAS_HOSTED.items():
        if host.endswith(suffix):
            return {"issuer": issuer, **_under(login, _CANVAS_PATHS), "frame_origins": [base]}
    # Self-hosted: the issuer is what `security.yml` says, and its own address is the usual choice.
    return {"issuer": base, **_under(base, _CANVAS_PATHS), "frame_origins": [base]}


def _under(base: str, paths: Mapping[str, str]) -> dict[str, str]:
    return {name: base + path for name, path in paths.items()}


def _base(address: str) -> str:
    parts = urlsplit(address.strip())
    if parts.scheme not in {"https", "http"} or not parts.hostname or "@" in parts.netloc:
        raise SettingsError("address must be a web address such as https://lms.example.org.")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"
