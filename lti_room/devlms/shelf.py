"""The links people see in the emulated course and its copies, those the tool placed too; in memory."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from lti_room.devlms.platform import COURSE, LINKS, Link, Platform


class Shelf:
    """The links of one emulated LMS, by course."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._placed: dict[str, Link] = {}
        self.copies = 0

    def of_course(self, course: int) -> list[Link]:
        """Return a course's links in order."""
        own = list(LINKS.values()) if course == 0 else []
        return own + [link for link in self._placed.values() if link.course == course]

    def find(self, key: str) -> Link | None:
        """Return a link by its key."""
        return LINKS.get(key) or self._placed.get(key)

    def title_of(self, course: int) -> str:
        """Return the title of a course."""
        return f"{COURSE} (copy {course})" if course else COURSE

    def place(self, items: Iterable[Mapping[str, Any]], course: int) -> list[Link]:
        """Put content items of the tool into a course."""
        return [
            self._add(
                Link(
                    key="",
                    title=str(item.get("title") or "Room"),
                    description=str(item.get("text") or ""),
                    number=0,
                    custom=dict(item.get("custom") or {}),
                    course=course,
                    graded="lineItem" in item,
                )
            )
            for item in items
        ]

    def copy(self, course: int) -> int:
        """Copy a course as the LMSs do: links of their own, with the same titles and custom values."""
        self.copies += 1
        for link in self.of_course(course):
            self._add(replace(link, course=self.copies, graded=False))
        return self.copies

    def _add(self, link: Link) -> Link:
        number = len(LINKS) + len(self._placed) + 1
        added = replace(link, key=f"link{number}", number=number)
        self._placed[added.key] = added
        self._platform.placed_ids.add(self._platform.link_id(added))
        return added
