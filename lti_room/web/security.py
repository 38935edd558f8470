"""Headers of every answer. Strict for all; a view that needs more says so with `allow`."""

from typing import Final
from urllib.parse import urlsplit

from flask import Flask, Response, g

from lti_room.base.settings import Settings
from lti_room.usecases.binding import BindingCookie

_POLICY: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}

_PERMISSIONS: Final = ", ".join(
    [
        *(
            f"{feature}=(self)"
            for feature in (
                "autoplay",
                "camera",
                "clipboard-write",
                "display-capture",
                "fullscreen",
                "microphone",
                "picture-in-picture",
                "screen-wake-lock",
                "speaker-selection",
            )
        ),
        *(f"{feature}=()" for feature in ("geolocation", "payment", "usb", "serial", "hid", "midi")),
    ]
)


def allow(**directives: str) -> None:
    """Set directives of this answer's Content-Security-Policy, such as `form_action="https://lms.example"`."""
    g.setdefault("policy", {}).update({name.replace("_", "-"): value for name, value in directives.items()})


def allow_frames(origins: tuple[str, ...]) -> None:
    """Let pages of our own and of these origins show this answer inside them; nobody if there are none."""
    allow(frame_ancestors=" ".join(("'self'", *origins)) if origins else "'none'")


def allow_room(settings: Settings) -> None:
    """Let this answer run a room: its socket, sound and pictures, in a window group of its own."""
    own = urlsplit(settings.public_url)
    socket = f"{'wss' if settings.secure else 'ws'}://{own.netloc}"
    allow(connect_src=f"'self' {socket}", media_src="'self' blob: mediastream:", worker_src="'self'")
    g.opener_policy = "same-origin"


def bind(response: Response, cookie: BindingCookie | None, settings: Settings) -> None:
    """Set a binding cookie (rule 2). It works in a frame too, in that frame's own partition."""
    if cookie is not None:
        response.set_cookie(
            cookie.name,
            cookie.value,
            max_age=settings.launch_seconds,
            path="/",
            secure=True,
            httponly=True,
            samesite="None",
            partitioned=True,
        )


def install(app: Flask, settings: Settings) -> None:
    """Put the headers on every answer."""

    @app.after_request
    def add_headers(response: Response) -> Response:
        policy = _POLICY | g.get("policy", {})
        headers = response.headers
        headers["Content-Security-Policy"] = "; ".join(f"{name} {value}" for name, value in policy.items())
        headers["Permissions-Policy"] = _PERMISSIONS
        headers["Referrer-Policy"] = "no-referrer"
        headers["X-Content-Type-Options"] = "nosniff"
        headers.setdefault("Cache-Control", "no-store")
        if "opener_policy" in g:
            headers["Cross-Origin-Opener-Policy"] = g.opener_policy
        if settings.secure:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        return response
