"""A platform that misbehaves on demand: keys of its own, a key set with moods, any payload, any header.

Payloads are the recorded ones of `lti_room/devlms/people/`. For browsers it also has a course page that
frames the tool, an authorisation address that posts the message, and platform storage.
"""

import base64
import contextlib
import functools
import html
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

from lti_room.base.clock import Clock

PEOPLE: Final = Path(__file__).resolve().parents[2] / "lti_room" / "devlms" / "people"
CLAIM: Final = "https://purl.imsglobal.org/spec/lti/claim/"
ABSENT: Final = object()
"""As the value of a claim: leave it out."""


class Mood(StrEnum):
    """How the key set's address behaves."""

    WELL = "well"
    DOWN = "down"
    ERROR = "error"
    HANG = "hang"
    DRIP = "drip"
    HTML = "html"
    REDIRECT = "redirect"
    HUGE = "huge"


class Storage(StrEnum):
    """What the course page does with values it is asked to keep."""

    NONE = ""
    HONEST = "honest"
    UNANNOUNCED = "unannounced"
    """Says what it can do, and which frame keeps values, but names none at login."""
    OLD = "old"
    """Knows the messages by the names they had at first."""
    SILENT = "silent"
    """Names a frame and never answers, as Canvas does in its mobile apps."""
    WRONG = "wrong"


@functools.cache
def rsa_key(name: str, bits: int = 2048) -> RSAPrivateKey:
    """Return the key of this name, made once per run."""
    return generate_private_key(65537, bits)


def recorded(kind: str, name: str) -> dict[str, Any]:
    """Return a recorded document such as `canvas`, `instructor`."""
    document: dict[str, Any] = json.loads((PEOPLE / kind / f"{name}.json").read_text())
    return document


def encoded(raw: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def public_jwk(key: RSAPrivateKey, **members: Any) -> dict[str, Any]:
    """Return the public half of a key as JWK."""
    jwk: dict[str, Any] = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {"kty": "RSA", "n": jwk["n"], "e": jwk["e"], "use": "sig", "alg": "RS256", **members}


class UnrulyPlatform:
    """One issuer with one client. Starts its server at once; `close` ends it.

    Args:
        clock: what `iat` and `exp` are counted from.
        kind: `canvas`, `moodle` or `sakai`: whose recorded messages are sent.
        issuer: instead of the recorded one.
        client_id: instead of the recorded one.
        key: name of the signing key.
    """

    def __init__(
        self, clock: Clock, kind: str = "canvas", *, issuer: str = "", client_id: str = "", key: str = "first"
    ) -> None:
        login = recorded(kind, "login_initiation")["params"]
        self.kind = kind
        self.issuer = issuer or login["iss"]
        self.client_id = client_id or login["client_id"]
        self.deployment = login.get("lti_deployment_id") or login["deployment_id"]
        self.clock = clock
        self.key = rsa_key(key)
        self.kid = f"kid-{key}"
        self.keys = [public_jwk(self.key, kid=self.kid)]
        self.cache_control = ""
        self.mood = Mood.WELL
        self.key_fetches = 0
        self.token_requests = 0
        self.bytes_sent = 0
        self.single_use_hints = False
        self._used_hints: set[str] = set()
        self.storage = Storage.NONE
        self._ends = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        # Browsers reach the tool at 127.0.0.1, so that this is another site.
        self.url = f"http://localhost:{self._server.server_port}"
        self._address = self._server.server_address

    def close(self) -> None:
        """Stop the server."""
        self._ends.set()
        self._server.shutdown()
        self._server.server_close()

    def registration(self, **changes: Any) -> dict[str, Any]:
        """Return the entry an admin would write into the TOML file."""
        return {
            "name": f"School of {self.client_id}",
            "platform": self.kind,
            "issuer": self.issuer,
            "client_id": self.client_id,
            "auth_login_url": f"{self.url}/auth",
            "auth_token_url": f"{self.url}/token",
            "jwks_url": f"http://127.0.0.1:{self._address[1]}/jwks",
            "deployments": [self.deployment],
            "frame_origins": [self.url],
            **changes,
        }

    def login_parameters(self, tool: str, **changes: Any) -> dict[str, Any]:
        """Return the parameters of a login request for the link of `tool`."""
        parameters = recorded(self.kind, "login_initiation")["params"]
        parameters.pop("lti_storage_target", None)
        parameters |= {
            "iss": self.issuer,
            "client_id": self.client_id,
            "target_link_uri": f"{tool}/lti/launch",
        }
        return without_absent(parameters | changes)

    def claims(self, tool: str, nonce: str, person: str = "instructor", /, **changes: Any) -> dict[str, Any]:
        """Return a message's payload, valid now; a change named `lti_x` is the LTI claim `x`."""
        now = int(self.clock.now())
        payload = recorded(self.kind, person)
        payload |= {"iss": self.issuer, "aud": self.client_id, "nonce": nonce, "iat": now, "exp": now + 60}
        payload |= {"azp": self.client_id, f"{CLAIM}target_link_uri": f"{tool}/lti/launch"}
        payload |= {_claim_name(name): value for name, value in changes.items()}
        return without_absent(payload)

    def sign(
        self, payload: Mapping[str, Any] | bytes, *, key: RSAPrivateKey | None = None, **header: Any
    ) -> str:
        """Return a signed JWT of any payload; a header member set to ABSENT is left out."""
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        members = without_absent({"alg": "RS256", "typ": "JWT", "kid": self.kid} | header)
        return signed(json.dumps(members).encode(), body, key or self.key)

    def rotate(self, name: str) -> None:
        """Sign with a new key and publish only that."""
        self.key, self.kid = rsa_key(name), f"kid-{name}"
        self.keys = [public_jwk(self.key, kid=self.kid)]

    def answer_keys(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer a request for the key set, as the mood is."""
        self.key_fetches += 1
        body = json.dumps({"keys": self.keys}).encode()
        if self.mood is Mood.DOWN:
            handler.connection.close()
        elif self.mood is Mood.HANG:
            self._ends.wait(20)
        elif self.mood is Mood.DRIP:
            self._drip(handler, body)
        elif self.mood is Mood.HUGE:
            self._flood(handler)
        elif self.mood is Mood.REDIRECT:
            _send(handler, 302, b"SECRET", Location=f"{self.url}/inner")
        elif self.mood is Mood.ERROR:
            _send(handler, 500, b'{"error": "SECRET"}')
        elif self.mood is Mood.HTML:
            _send(handler, 200, b"<h1>SECRET</h1>", **{"Content-Type": "text/html"})
        else:
            _send(handler, 200, body, **({"Cache-Control": self.cache_control} if self.cache_control else {}))

    def _drip(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body))
        with contextlib.suppress(OSError):
            for byte in body:
                if self._ends.wait(0.2):
                    return
                handler.wfile.write(bytes([byte]))

    def _flood(self, handler: BaseHTTPRequestHandler) -> None:
        """Two gigabytes, without saying so before."""
        piece = b'{"keys": [' + b" " * 65_526
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        with contextlib.suppress(OSError):
            while self.bytes_sent < 2 << 30 and not self._ends.is_set():
                handler.wfile.write(piece)
                self.bytes_sent += len(piece)

    def answer_token(self, handler: BaseHTTPRequestHandler, form: Mapping[str, str]) -> None:
        """Grant whatever is asked; the token says which client it belongs to."""
        self.token_requests += 1
        client = jwt.decode(form["client_assertion"], options={"verify_signature": False})["iss"]
        _send(handler, 200, json.dumps({"access_token": f"of-{client}", "expires_in": 3600}).encode())

    def answer_members(self, handler: BaseHTTPRequestHandler) -> None:
        """Tell one member, who is named as the client whose token was sent."""
        client = handler.headers.get("Authorization", "").removeprefix("Bearer of-")
        _send(handler, 200, json.dumps({"members": [{"user_id": client, "roles": []}]}).encode())

    def authorise(self, parameters: Mapping[str, str]) -> str:
        """Return the page that posts the message of the person in `login_hint` to the tool."""
        hint = parameters.get("lti_message_hint", "")
        if self.single_use_hints and hint in self._used_hints:
            return "<h1>This launch was used already</h1>"
        self._used_hints.add(hint)
        tool = "{0.scheme}://{0.netloc}".format(urlsplit(parameters["redirect_uri"]))
        claims = self.claims(tool, parameters["nonce"], parameters["login_hint"])
        fields = {"state": parameters["state"], "id_token": self.sign(claims)}
        inputs = "".join(
            f'<input type="hidden" name="{n}" value="{html.escape(v)}">' for n, v in fields.items()
        )
        action = html.escape(parameters["redirect_uri"])
        form = f'<form method="post" action="{action}">{inputs}</form>'
        return form + "<script>document.forms[0].submit()</script>"

    def course_page(self, parameters: Mapping[str, str]) -> str:
        """Return a page with a frame for each of `people`, each starting a login at `tool`."""
        named = self.storage not in (Storage.NONE, Storage.UNANNOUNCED)
        target = {"lti_storage_target": "_parent"} if named else {}
        frames = ""
        for number, person in enumerate(parameters["people"].split(",")):
            hint = f"{time.monotonic_ns()}-{number}"
            login = self.login_parameters(
                parameters["tool"], login_hint=person, lti_message_hint=hint, **target
            )
            source = html.escape(f"{parameters['tool']}/lti/login?{urlencode(login)}")
            frames += f'<iframe name="{person}" src="{source}" width="420" height="300"></iframe>'
        return f"<h1>Course</h1>{frames}" + _SCRIPTS[self.storage]

    def keeper_page(self, parameters: Mapping[str, str]) -> str:
        """Return the frame beside the tool's that keeps values, as Canvas has one."""
        return _SCRIPTS[Storage.HONEST]

    def portal_page(self, parameters: Mapping[str, str]) -> str:
        """Return a page that shows another one inside it."""
        address = html.escape(parameters["address"])
        return f'<h1>Portal</h1><iframe src="{address}" width="860" height="560"></iframe>'


_SCRIPTS: Final = {
    Storage.NONE: "",
    Storage.HONEST: """<script>
const kept = new Map();
addEventListener("message", ({data, source, origin}) => {
  const name = `${origin} ${data.key}`;
  if (data.subject === "lti.put_data") kept.set(name, data.value);
  else if (data.subject !== "lti.get_data") return;
  source.postMessage({subject: `${data.subject}.response`, message_id: data.message_id, key: data.key,
    value: kept.get(name) ?? null}, origin);
});
</script>""",
    Storage.UNANNOUNCED: """<iframe name="keeper" src="/keeper"></iframe><script>
addEventListener("message", ({data, source, origin}) => {
  if (data.subject !== "lti.capabilities") return;
  const subjects = ["lti.capabilities", "lti.get_data", "lti.put_data"];
  source.postMessage({subject: `${data.subject}.response`, message_id: data.message_id,
    supported_messages: subjects.map((subject) => ({subject, frame: "keeper"}))}, origin);
});
</script>""",
    Storage.OLD: """<script>
const kept = new Map();
const prefix = "org.imsglobal.lti.";
addEventListener("message", ({data, source, origin}) => {
  const answer = {subject: `${data.subject}.response`, message_id: data.message_id};
  if (!String(data.subject).startsWith(prefix)) return;
  const what = data.subject.slice(prefix.length);
  if (what === "put_data") kept.set(data.key, data.value);
  if (what === "capabilities") {
    answer.supported_messages = ["put_data", "get_data"].map((name) => ({subject: prefix + name}));
  } else {
    Object.assign(answer, {key: data.key, value: kept.get(data.key) ?? null});
  }
  source.postMessage(answer, origin);
});
</script>""",
    Storage.SILENT: "",
    Storage.WRONG: """<script>
addEventListener("message", ({data, source, origin}) => {
  const answer = {...data, subject: `${data.subject}.response`};
  source.postMessage({...answer, message_id: "another"}, origin);
  source.postMessage({...answer, subject: "lti.get_data.response"}, origin);
  source.postMessage({...answer, key: "another"}, origin);
  source.postMessage({...answer, error: {code: "storage_exhaustion"}}, origin);
});
</script>""",
}


def signed(header: bytes, body: bytes, key: RSAPrivateKey) -> str:
    """Return `header.body.signature` of any bytes, RS256."""
    text = f"{encoded(header)}.{encoded(body)}"
    return f"{text}.{encoded(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def without_absent(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that are not ABSENT."""
    return {name: value for name, value in values.items() if value is not ABSENT}


@contextmanager
def running(platform: UnrulyPlatform) -> Iterator[UnrulyPlatform]:
    """Close the platform at the end."""
    try:
        yield platform
    finally:
        platform.close()


def wait_for(look: Callable[[], bool], seconds: float = 5.0) -> None:
    """Poll until `look` is true."""
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def _claim_name(name: str) -> str:
    return CLAIM + name.removeprefix("lti_") if name.startswith("lti_") else name


def _send(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    handler.send_response(status)
    for name, value in ({"Content-Type": "application/json"} | headers).items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def _handler(platform: UnrulyPlatform) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            parameters = {name: values[0] for name, values in parse_qs(address.query).items()}
            pages = {
                "/auth": platform.authorise,
                "/course": platform.course_page,
                "/keeper": platform.keeper_page,
                "/portal": platform.portal_page,
            }
            if address.path == "/jwks":
                platform.answer_keys(self)
            elif address.path == "/members":
                platform.answer_members(self)
            elif address.path in pages:
                page = pages[address.path](parameters)
                _send(self, 200, page.encode(), **{"Content-Type": "text/html; charset=utf-8"})
            else:
                _send(self, 404, b"{}")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            if self.path == "/token":
                platform.answer_token(self, dict(parse_qsl(body)))
            else:
                _send(self, 404, b"{}")

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
