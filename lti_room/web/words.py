"""What the pages of the server say, in the reader's language: one file of `i18n/` for each.

Only this edge speaks to people through pages, so its catalogues are the one place of their sentences: a
launch error brings only its code. A template says `language.say`, an error page `Language.error`.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from flask import Flask, request

FOLDER: Final = Path(__file__).parent / "i18n"
FALLBACK: Final = "en"

SAID_AS: Final[Mapping[str, str]] = {
    code: name
    for name, codes in {
        "bad_request": "bad_message bad_host bad_points bad_rules bad_lesson draft_changed not_graded "
        "no_gradebook",
        "service_failed": "platform_token service_unreachable service_malformed too_many_pages",
        "service_refused": "service_origin line_item_foreign",
        "back_to_course": "ticket_invalid ticket_expired",
        "not_found": "method_not_allowed unknown_session unknown_person",
        "not_allowed": "not_teaching",
        "internal_error": "room_unreadable",
        "store_unavailable": "busy",
        "not_from_course": "bad_login_request bad_state",
        "unreadable": "bad_launch_request id_token_missing id_token_too_large",
        "untrusted": "jwt_malformed alg_not_allowed header_not_allowed kid_missing kid_unknown "
        "key_not_allowed token_invalid nonce_mismatch iss_mismatch aud_mismatch untrusted_audience "
        "azp_mismatch deployment_mismatch target_link_uri_mismatch",
        "incomplete": "claim_missing deployment_missing resource_link_missing roles_missing",
        "too_late": "token_expired token_too_old",
    }.items()
    for code in codes.split()
}
"""Codes that differ for the support desk and not for a reader, and whose words they use."""


class Said(NamedTuple):
    """What an error says: what happened, and what to do."""

    title: str
    advice: str


class Language(NamedTuple):
    """One language: its tag and its sentences by key."""

    tag: str
    sentences: Mapping[str, str]

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`."""
        return self.say("direction")

    def say(self, key: str) -> str:
        """Return a sentence such as `error.not_found.title`.

        Raises:
            KeyError: no language has this sentence.
        """
        return self.sentences[key]

    def under(self, prefix: str) -> dict[str, str]:
        """Return all sentences whose keys begin so, for a script that shows them."""
        return {key: sentence for key, sentence in self.sentences.items() if key.startswith(prefix)}

    def error(self, code: str) -> Said:
        """Return what an error says; one without words of its own says that the request was bad."""
        name = SAID_AS.get(code, code)
        if f"error.{name}.title" not in self.sentences:
            name = "bad_request"
        return Said(self.say(f"error.{name}.title"), self.say(f"error.{name}.advice"))


def load(folder: Path = FOLDER) -> dict[str, Language]:
    """Return all languages by tag, English first; what one does not say yet is said in English."""
    own = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.toml"))}
    english = _flat(own[FALLBACK])
    tags = sorted(own, key=lambda tag: (tag != FALLBACK, tag))
    return {tag: Language(tag, {**english, **_flat(own[tag])}) for tag in tags}


def install(app: Flask) -> None:
    """Let templates say `{{ language.say("page.again") }}`."""
    app.context_processor(lambda: {"language": of_request()})


def of_request() -> Language:
    """Return the language this request's browser asks for (RFC 9110, 12.5.4), English if that is not here."""
    return LANGUAGES[request.accept_languages.best_match(LANGUAGES, default=FALLBACK)]


def _flat(tree: Mapping[str, object], under: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{under}{name}.")
        else:
            found[under + name] = str(value)
    return found


LANGUAGES: Final = load()
