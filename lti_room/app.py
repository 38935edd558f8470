"""The Flask app. `wiring` chooses what it works with; `realtime.attach` adds the socket."""

from typing import Final

from flask import Flask

from lti_room import web
from lti_room.base import paths
from lti_room.web import WebDeps

_LARGEST_REQUEST: Final = 160 * 1024


def create_app(deps: WebDeps) -> Flask:
    """Return the app with all pages and no socket yet."""
    app = Flask("lti_room", static_folder=None, template_folder=str(paths.assets("templates")))
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_REQUEST
    # No rule may redirect: see web/room.py.
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = True
    app.url_map.redirect_defaults = False
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of the default provider
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    web.register(app, deps)
    return app
