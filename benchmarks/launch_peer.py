"""`pylti1p3` on Flask as its documentation has it: `python -m benchmarks.launch_peer <redis> <entry…>`.

It keeps its sessions in Redis, caches the platform's keys, and answers a verified launch with 200.
"""

import sys

from gevent import monkey

monkey.patch_all()

import importlib  # noqa: E402
import json  # noqa: E402
from typing import Any  # noqa: E402

import redis  # noqa: E402
from cryptography.hazmat.primitives import serialization  # noqa: E402
from flask import Flask, Response, request  # noqa: E402
from gevent import get_hub, pywsgi  # noqa: E402

from tests.support.platform import rsa_key  # noqa: E402

# It is typed in part only.
_LTI: Any = importlib.import_module("pylti1p3.contrib.flask")
_CONFIG: Any = importlib.import_module("pylti1p3.tool_config")


class RedisCache:
    """What the library calls a cache: `get`, and `set` with seconds."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url)

    def get(self, key: str) -> Any:
        """Return a value, or None."""
        stored = self._redis.get(f"peer:{key}")
        return json.loads(stored) if stored else None

    def set(self, key: str, value: object, seconds: int | None = None) -> None:
        """Keep a value."""
        self._redis.set(f"peer:{key}", json.dumps(value), ex=seconds)


def _app(redis_url: str, config: Any) -> Flask:
    app = Flask("peer")
    storage = _LTI.FlaskCacheDataStorage(RedisCache(redis_url))

    @app.post("/login")
    def login() -> Any:
        asked = _LTI.FlaskRequest()
        login = _LTI.FlaskOIDCLogin(asked, config, launch_data_storage=storage)
        return login.redirect(asked.get_param("target_link_uri"))

    @app.post("/launch")
    def launch() -> Response:
        message = _LTI.FlaskMessageLaunch(_LTI.FlaskRequest(), config, launch_data_storage=storage)
        message.set_public_key_caching(storage, cache_lifetime=7200)
        message.get_launch_data()
        return Response(f"launched for {request.host}")

    return app


def main(redis_url: str, issuer: str, client_id: str, deployment: str, login: str, jwks: str) -> None:
    """Serve on a free port, say which, and end with the input."""
    entry = {
        "default": True,
        "client_id": client_id,
        "auth_login_url": login,
        "auth_token_url": login,
        "key_set_url": jwks,
        "key_set": None,
        "deployment_ids": [deployment],
    }
    config = _CONFIG.ToolConfDict({issuer: [entry]})
    pem = rsa_key("peer").private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    config.set_private_key(issuer, pem.decode(), client_id=client_id)
    server = pywsgi.WSGIServer(("127.0.0.1", 0), _app(redis_url, config), log=None)
    server.start()
    print(server.server_port, flush=True)
    get_hub().threadpool.apply(sys.stdin.read)
    server.stop(timeout=1)


if __name__ == "__main__":
    main(*sys.argv[1:])
