"""Is the process alive; can it serve."""

from flask import Blueprint, Response, jsonify

from lti_room.base.redis_client import Redis


def blueprint(redis: Redis) -> Blueprint:
    """Return `/health/live` (this process answers) and `/health/ready` (and Redis does; else 503)."""
    pages = Blueprint("health", __name__, url_prefix="/health")

    @pages.get("/live")
    def live() -> Response:
        return jsonify(ok=True)

    @pages.get("/ready")
    def ready() -> Response:
        redis.ping()
        return jsonify(ok=True)

    return pages
