"""What the three LMSs have in common; each subclass is a table of differences.

The claims, parameters, scopes and lives come from the recorded documents in `people/`; a subclass says only
what no document can: paths, the shape of hints, the frame, and how requests are refused.
"""

import hashlib
import uuid
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

from lti_room.base import entropy
from lti_room.devlms.persons import Person, recorded

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"

Placing = Literal["frame", "window"]
Fault = Literal[
    "parameter", "scope", "response_type", "response_mode", "prompt", "client", "person", "launch"
]
Swaps = dict[str, str]
"""Old text -> new text, replaced wherever it occurs in a claim."""


@dataclass(frozen=True)
class Link:
    """A resource link of an emulated course. `custom` and `course` are those of a link the tool placed."""

    key: str
    title: str
    description: str
    number: int
    custom: Mapping[str, str] = field(default_factory=dict)
    course: int = 0
    """0: the course everybody knows; above that its copies."""
    graded: bool = True


COURSE = "Biology 101"
LINKS = {
    "link1": Link("link1", "Seminar room", "Every Tuesday at ten.", 1),
    "link2": Link("link2", "Office hours", "Bring your questions.", 2),
}


@dataclass(frozen=True)
class Launch:
    """A click on a link: what the LMS remembers between the login and the authorisation request."""

    key: str
    person: Person
    link: Link
    placing: Placing
    at: float
    places_links: bool = False
    """A deep linking request instead of a launch."""


def random_uuid() -> str:
    """Return a random UUID, for the identifiers that are UUIDs in the real LMS."""
    return str(uuid.UUID(bytes=hashlib.sha256(entropy.new_secret().encode()).digest()[:16], version=4))


class Platform(ABC):
    """One emulated LMS as the issuer `<base_url>/devlms/<key>`."""

    key: ClassVar[str]
    name: ClassVar[str]
    course_label: ClassVar[str]
    """The short name people see beside the course's title."""
    note: ClassVar[str]
    """One sentence on what is particular about this LMS."""

    authorisation_path: ClassVar[str]
    grant_path: ClassVar[str]
    jwks_path: ClassVar[str]
    recorded_host: ClassVar[str]
    """The invented origin in the recorded documents, replaced by the issuer."""

    stand_ins: ClassVar[Mapping[str, str]] = {}
    """Kinds of people this LMS has not -> the recorded kind it sends for them."""
    resource_links: ClassVar[Mapping[str, str]]
    """Link key -> `resource_link.id`."""
    link_claims: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """Paths of claims that depend on the link alone, taken from the instructor's document for everybody."""

    required: ClassVar[tuple[str, ...]]
    """Parameters without which an authorisation request is refused."""
    posted_errors: ClassVar[Mapping[Fault, str]] = {}
    """Fault -> the `error` posted to the redirect_uri; one that is missing here stays in the LMS's page."""
    hint_works_once: ClassVar[bool]

    assertion_claims: ClassVar[tuple[str, ...]] = ()
    """Claims a client assertion must have beside a valid signature."""
    audience_checked: ClassVar[bool] = False
    assertion_seconds: ClassVar[int | None] = None
    """The oldest `iat` of a client assertion, None: not looked at."""
    form_required: ClassVar[bool] = False
    """Whether a token request must be application/x-www-form-urlencoded."""
    grant_is_jwt: ClassVar[bool] = True
    grant_mimetype: ClassVar[str] = "application/json"
    parent_script: ClassVar[str | None] = None
    """The course page's handler of postMessage."""

    def __init__(self, base_url: str, tool_url: str) -> None:
        self.base_url = base_url
        self.tool_url = tool_url
        self.issuer = f"{base_url}/devlms/{self.key}"
        self.launch_url = f"{tool_url}/lti/launch"
        self.login_url = f"{tool_url}/lti/login"
        sample = self.claims_of("instructor")
        self.client_id: str = sample["aud"]
        self.deployment_id: str = sample[CLAIM + "deployment_id"]
        returns = str(sample[CLAIM + "launch_presentation"]["return_url"])
        self.return_path = urlsplit(returns).path
        login = recorded(self.key, "login_initiation")
        self.login_method: str = login["methods_seen"][0]
        self._login: dict[str, str] = login["params"]
        self.storage_target: str | None = self._login.get("lti_storage_target")
        self.placed_ids: set[str] = set()

    @property
    def redirect_uris(self) -> tuple[str, ...]:
        """The addresses an id_token may be posted to; compared whole."""
        return (self.launch_url,)

    @property
    def link_ids(self) -> frozenset[str]:
        """Every resource link there is, those the tool placed too."""
        return frozenset({*self.resource_links.values(), *self.placed_ids})

    def link_id(self, link: Link) -> str:
        """Return the `resource_link.id` of a link."""
        return self.resource_links.get(link.key) or self.numbered_link(link.number)

    @property
    def token_url(self) -> str:
        """Where the tool asks for access tokens."""
        return self.issuer + self.grant_path

    def kind_of(self, person: Person) -> str:
        """Return the name of the recorded document this LMS sends for a person."""
        return self.stand_ins.get(person.kind, person.kind)

    def claims_of(self, kind: str) -> dict[str, Any]:
        """Return a fresh copy of the recorded claims of a kind of person."""
        return recorded(self.key, kind)

    def enters_as(self, person: Person) -> str:
        """Return the room role the recorded expectation gives: host, moderator or attendee."""
        return str(recorded(self.key, "expected")[f"{self.kind_of(person)}.json"]["role"])

    def login_parameters(self, launch: Launch, claims: Mapping[str, Any]) -> dict[str, str]:
        """Return the parameters of the login initiation, in the order and with the names of the real LMS."""
        own = {
            "iss": self.issuer,
            "login_hint": self.login_hint(launch, claims),
            "target_link_uri": str(claims[CLAIM + "target_link_uri"]),
            "lti_message_hint": self.message_hint(launch),
            "client_id": self.client_id,
            "deployment_id": self.deployment_id,
            "lti_deployment_id": self.deployment_id,
        }
        return {name: own.get(name, value) for name, value in self._login.items()}

    @abstractmethod
    def swaps(self, launch: Launch) -> Swaps:
        """Return the texts to replace because of the link or the way it is opened."""

    @abstractmethod
    def numbered_link(self, number: int) -> str:
        """Return the `resource_link.id` of the numbered link; the recorded one is the first."""

    @abstractmethod
    def another(self, claims: Mapping[str, Any], number: int) -> tuple[str, Swaps]:
        """Return the `sub` of the numbered person of the same kind, and the texts that go with it."""

    @abstractmethod
    def login_hint(self, launch: Launch, claims: Mapping[str, Any]) -> str:
        """Return the `login_hint` of a launch."""

    @abstractmethod
    def message_hint(self, launch: Launch) -> str:
        """Return the `lti_message_hint` of a launch; empty where the LMS sends none."""

    @abstractmethod
    def launch_key(self, parameters: Mapping[str, str], now: float) -> str | None:
        """Return the key of the launch an authorisation request belongs to, None if it names none."""

    @abstractmethod
    def new_launch_key(self) -> str:
        """Return a fresh key that fits into this LMS's hints."""

    @abstractmethod
    def scopes(self) -> frozenset[str]:
        """Return the scopes the tool's registration may ask for."""

    @abstractmethod
    def granted(self, asked: list[str]) -> list[str]:
        """Return the scopes granted of those asked for; empty: the request is refused."""

    @abstractmethod
    def frame(self, link: Link, launcher: str) -> dict[str, str]:
        """Return the attributes of the iframe that holds the tool; `launcher` is the page that starts it."""
