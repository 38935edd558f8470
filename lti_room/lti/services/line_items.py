"""Line items: the columns of a gradebook (AGS 2.0 section 3.2), and where they may lie."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from lti_room.lti.claim_values import text_of

_SCOPE: Final = "https://purl.imsglobal.org/spec/lti-ags/scope/"
SCOPE_LINE_ITEM: Final = _SCOPE + "lineitem"
SCOPE_LINE_ITEM_READ: Final = _SCOPE + "lineitem.readonly"
SCOPE_SCORE: Final = _SCOPE + "score"
SCOPE_RESULT: Final = _SCOPE + "result.readonly"
_LONGEST_ADDRESS: Final = 2048


@dataclass(frozen=True)
class GradesEndpoint:
    """The grades claim of a message: what we may do, the course's columns, the column of this very link."""

    scopes: frozenset[str]
    lineitems: str | None
    lineitem: str | None

    @classmethod
    def of(cls, claim: object) -> Self | None:
        """Read the claim; None where the message offers no grades."""
        if not isinstance(claim, Mapping):
            return None
        scopes = claim.get("scope")
        named = [one for one in scopes if isinstance(one, str)] if isinstance(scopes, list) else []
        found = cls(frozenset(named), _address(claim.get("lineitems")), _address(claim.get("lineitem")))
        return found if found.lineitems or found.lineitem else None

    @property
    def may_create(self) -> bool:
        """Whether a column of our own can be made."""
        return self.lineitems is not None and SCOPE_LINE_ITEM in self.scopes

    @property
    def may_score(self) -> bool:
        """Whether scores can be sent to a column: the link's, or one of our own."""
        return SCOPE_SCORE in self.scopes and (self.lineitem is not None or self.may_create)

    @property
    def may_read_results(self) -> bool:
        """Whether the platform tells what it made of the scores."""
        return SCOPE_RESULT in self.scopes

    @property
    def reading_scope(self) -> str:
        """The smallest scope that lets us look at line items."""
        return SCOPE_LINE_ITEM_READ if SCOPE_LINE_ITEM_READ in self.scopes else SCOPE_LINE_ITEM


@dataclass(frozen=True, kw_only=True)
class LineItem:
    """A column: its address, its heading, the most points, and what we marked it with."""

    id: str
    label: str
    maximum: float | None
    resource_id: str | None
    tag: str | None
    resource_link_id: str | None

    @classmethod
    def read(cls, entry: object) -> Self | None:
        """Read a line item; None if it has no address. Moodle sends its link ids as texts, others may not."""
        if not isinstance(entry, Mapping) or not (address := _address(entry.get("id"))):
            return None
        link = entry.get("resourceLinkId")
        return cls(
            id=address,
            label=text_of(entry, "label") or "",
            maximum=_number(entry.get("scoreMaximum")),
            resource_id=text_of(entry, "resourceId"),
            tag=text_of(entry, "tag"),
            resource_link_id=str(link) if isinstance(link, str | int) else None,
        )


def _address(value: Any) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= _LONGEST_ADDRESS else None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
