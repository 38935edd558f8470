"""Which addresses a token may be sent to, and how one is built from another."""

from urllib.parse import SplitResult, parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from lti_room.lti.claim_values import origin
from lti_room.lti.registrations.registration import Registration
from lti_room.lti.services.errors import ServiceError, ServiceErrorCode


def secured(registration: Registration, url: str) -> str:
    """Return an address with https where the platform has it.

    A Canvas of one's own may send http and https mixed inside one claim; a token never travels over http
    while the platform's token endpoint has https.
    """
    parts = _split(url)
    if parts.scheme == "http" and registration.auth_token_url.startswith("https://"):
        return urlunsplit(parts._replace(scheme="https", netloc=parts.netloc.removesuffix(":80")))
    return url


def within(registration: Registration, url: str, service: str) -> str:
    """Return an address an answer named, made whole, if it is at the host of the signed service address.

    Raises:
        ServiceError: `service_origin`, the address is elsewhere: no token goes there (row 105).
    """
    home = secured(registration, service)
    found = secured(registration, urljoin(home, url))
    if origin(found) != origin(home):
        raise ServiceError(ServiceErrorCode.SERVICE_ORIGIN, permanent=True)
    return found


def below(url: str, name: str) -> str:
    """Return the address of a resource below another: the name goes into the path, the query stays.

    Moodle's line items carry `?type_id=…`.
    """
    parts = _split(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{name}"))


def asking(url: str, **parameters: str) -> str:
    """Return an address with parameters added to those it has; one that is there already is replaced."""
    parts = _split(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query, True) if name not in parameters]
    return urlunsplit(parts._replace(query=urlencode([*kept, *parameters.items()])))


def is_below(url: str, container: str) -> bool:
    """Whether a path lies inside another's."""
    inner, outer = _split(url).path, _split(container).path.rstrip("/")
    steps = inner.lower().replace("%2e", ".").split("/")
    return inner.startswith(f"{outer}/") and not {".", ".."} & set(steps) and "%2f" not in inner.lower()


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ServiceError(ServiceErrorCode.SERVICE_ORIGIN, permanent=True) from None
    return parts
