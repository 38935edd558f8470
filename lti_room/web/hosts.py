"""Only our own address, only over https: attack rows 18 and 19.

Nothing is ever redirected: a redirect would carry the ticket in the fragment on to where it points (rule 9).
"""

from typing import Final
from urllib.parse import urlsplit

from flask import Flask, request
from werkzeug.middleware.proxy_fix import ProxyFix

from lti_room.base.errors import AppError
from lti_room.base.settings import Settings

_FROM_NEARBY: Final = ("/health/", "/metrics")
"""Asked by the machine itself, by its address and without the proxy."""


def install(app: Flask, settings: Settings) -> None:
    """Believe as many proxies as are set, and refuse requests for another host or without https."""
    trusted = settings.trusted_proxies
    if trusted:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=trusted, x_proto=trusted, x_host=trusted)  # type: ignore[method-assign]  # Flask's documented way
    own = _host(settings.public_url)

    @app.before_request
    def check_address() -> None:
        if request.path.startswith(_FROM_NEARBY):
            return
        if _host(f"{request.scheme}://{request.host}") != own and _host(f"https://{request.host}") != own:
            raise AppError("bad_host", "Open the room from your course.")
        if settings.secure and request.scheme != "https":
            raise AppError("https_required", "The room must be opened over https. Tell your administrator.")


def _host(address: str) -> tuple[str, int | None]:
    """Return (host, port) of an address, the port of its scheme if it names none."""
    try:
        parts = urlsplit(address)
        default = 443 if parts.scheme == "https" else 80
        return (parts.hostname or "").rstrip("."), parts.port or default
    except ValueError:
        return "", None
