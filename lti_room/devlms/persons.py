"""Who can be launched as, and the recorded claims they are sent with."""

import functools
import json
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_RECORDED = Path(__file__).with_name("people")


@dataclass(frozen=True)
class Person:
    """One person of the emulated school.

    `kind` names the recorded claims (`<kind>.json`); `number` tells people of one kind apart, 0 being the
    recorded one; `tint` is the colour pair of the initials.
    """

    key: str
    given: str
    family: str
    kind: str
    number: int
    tint: str

    @property
    def name(self) -> str:
        """Full name."""
        return f"{self.given} {self.family}"

    @property
    def initials(self) -> str:
        """First letters of the names."""
        return self.given[0] + self.family[0]

    @property
    def email(self) -> str:
        """Address at the emulated school, in ASCII."""
        plain = (
            unicodedata.normalize("NFKD", f"{self.given}.{self.family}").encode("ascii", "ignore").decode()
        )
        return f"{plain.lower()}@school.example"


PEOPLE = {
    person.key: person
    for person in (
        Person("instructor", "Elena", "Marín", "instructor", 0, "sage"),
        Person("instructor2", "Zoë", "Janssen", "instructor", 1, "plum"),
        Person("ta", "Jonas", "Weber", "ta", 0, "sky"),
        Person("designer", "Hana", "Novák", "designer", 0, "clay"),
        Person("student1", "Amara", "Okafor", "student", 0, "clay"),
        Person("student2", "Noah", "Kim", "student", 1, "sky"),
        Person("student3", "Priya", "Nair", "student", 2, "slate"),
        Person("student4", "Mei", "Tanaka", "student", 3, "plum"),
        Person("observer", "Omar", "Haddad", "observer", 0, "sky"),
        Person("admin", "Ingrid", "Solberg", "admin", 0, "slate"),
    )
}
"""By key, in the order of the start page."""

CLASSMATES = tuple(
    Person(f"classmate{number}", given, family, "student", number, "slate")
    for number, (given, family) in enumerate(
        (
            ("Aarav", "Sharma"),
            ("Beatriz", "Lopes"),
            ("Chidi", "Eze"),
            ("Dilnoza", "Karimova"),
            ("Élodie", "Martin"),
            ("Finn", "Larsen"),
        ),
        start=4,
    )
)
"""Enrolled, and never seen: nobody launches as one of them."""


def crowd(size: int) -> tuple[Person, ...]:
    """Return as many more classmates, for courses with hundreds of people."""
    return tuple(
        Person(f"crowd{number}", f"Student {number:03}", "Crowd", "student", number, "slate")
        for number in range(10, 10 + size)
    )


@functools.cache
def _text(lms: str, name: str) -> str:
    return (_RECORDED / lms / f"{name}.json").read_text(encoding="utf-8")


def recorded(lms: str, name: str) -> dict[str, Any]:
    """Return a fresh copy of the recorded document `<lms>/<name>.json`."""
    document: dict[str, Any] = json.loads(_text(lms, name))
    return document
