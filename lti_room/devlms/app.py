"""The Flask app of the emulated LMSs: `/devlms/` and three issuers below it."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, Response, redirect, url_for
from jinja2 import StrictUndefined
from werkzeug.wrappers import Response as BaseResponse

from lti_room.base.clock import Clock
from lti_room.devlms.lms import Lms, lms_pages
from lti_room.devlms.registrations import platforms
from lti_room.devlms.signing import signing_key
from lti_room.devlms.start import start_page


def create_app(*, base_url: str, tool_url: str, data: Path, clock: Clock) -> Flask:
    """Return the emulated LMSs, served at `base_url`, for the tool at `tool_url` (origins).

    Keys lie in `<data>/devlms/`. Started launches are held in memory: run one process.

    Raises:
        DevLmsRefused: an address is public, or both are on one host name.
    """
    emulated = platforms(base_url, tool_url)
    app = Flask("lti_room.devlms", static_url_path="/devlms/static")
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    # A page of another site cannot reach us under a name of its own that points to this machine.
    app.config["TRUSTED_HOSTS"] = [urlsplit(base_url).hostname]
    app.config["MAX_CONTENT_LENGTH"] = 262_144
    for platform in emulated.values():
        lms = Lms(platform, signing_key(data / "devlms", platform.key), clock)
        app.extensions[f"devlms.{platform.key}"] = lms
        app.register_blueprint(lms_pages(lms))
    app.register_blueprint(start_page(list(emulated.values())))
    app.add_url_rule("/", "root", _to_start)
    headers = _headers(tool_url)

    @app.after_request
    def protect(response: Response) -> Response:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        return response

    return app


def _to_start() -> BaseResponse:
    return redirect(url_for("start.index"))


def _headers(tool_url: str) -> Mapping[str, str]:
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; "
        f"form-action 'self' {tool_url}; frame-src 'self' {tool_url}"
    )
    return {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
