"""Is the process alive; can it serve."""

from flask import Blueprint, Response, jsonify, request

from lti_room.base.redis_client import Redis


def blueprint(redis: Redis) -> Blueprint:
    """Return `/health/live` (this process answers), `/health/ready` (and Redis does; else 503) and
    `/health/address` (what a request looks like behind the proxies: `lti-room doctor` compares).
    """
    pages = Blueprint("health", __name__, url_prefix="/health")

    @pages.get("/live")
    def live() -> Response:
        return jsonify(ok=True)

    @pages.get("/ready")
    def ready() -> Response:
        redis.ping()
        return jsonify(ok=True)

    @pages.get("/address")
    def address() -> Response:
        return jsonify(scheme=request.scheme, host=request.host, address=request.remote_addr or "")

    return pages
