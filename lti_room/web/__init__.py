"""The HTTP edge: pages, the page's API, errors, headers. Rules live elsewhere."""

from flask import Flask

from lti_room.web import (
    admin,
    api,
    assets,
    check,
    course_people,
    deep_link,
    errors,
    grades,
    health,
    hosts,
    lti,
    registering,
    room,
    room_settings,
    security,
    words,
)
from lti_room.web.deps import SocketInfo, WebDeps

__all__ = ["SocketInfo", "WebDeps", "register"]


def register(app: Flask, deps: WebDeps) -> None:
    """Put all routes, headers and error answers into an app."""
    hosts.install(app, deps.settings)
    security.install(app, deps.settings)
    words.install(app)
    errors.install(app, deps)
    app.jinja_env.globals.update(assets=deps.assets)
    app.register_blueprint(assets.blueprint(deps.assets))
    app.register_blueprint(health.blueprint(deps.redis))
    app.register_blueprint(lti.blueprint(deps))
    app.register_blueprint(registering.blueprint(deps))
    app.register_blueprint(deep_link.blueprint(deps))
    app.register_blueprint(room_settings.blueprint(deps))
    app.register_blueprint(room.blueprint(deps))
    app.register_blueprint(api.blueprint(deps))
    app.register_blueprint(course_people.blueprint(deps))
    app.register_blueprint(admin.blueprint(deps))
    app.register_blueprint(check.blueprint(deps))
    app.register_blueprint(grades.blueprint(deps))
