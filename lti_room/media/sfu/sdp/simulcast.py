"""Which encodings a client offers to send: `a=rid` (RFC 8851) and `a=simulcast` (RFC 8853).

aiortc's parser leaves these lines out, so they are read here, from text that may be hostile.
"""

import re
from collections.abc import Sequence
from typing import Final

MOST_LAYERS: Final = 3
_SIMULCAST: Final = "a=simulcast:"
_RID: Final = re.compile(r"a=rid:([A-Za-z0-9_-]{1,16}) send(?: .*)?")


def media_sections(text: str) -> list[list[str]]:
    """Return the lines of each m-line's section, in order; what stands above the first is left out."""
    sections: list[list[str]] = []
    for line in text.splitlines():
        if line.startswith("m="):
            sections.append([])
        elif sections:
            sections[-1].append(line)
    return sections


def offered_rids(section: Sequence[str]) -> tuple[str, ...]:
    """Return the encodings a section offers, in the order it lists them, at most three.

    Of alternatives for one encoding the first counts; one that starts paused (`~`) counts like any other.
    Only an encoding that has a line of its own counts, each once. Anything else means: no simulcast.
    """
    described = {found[1] for line in section if (found := _RID.fullmatch(line))}
    lists = [line.removeprefix(_SIMULCAST) for line in section if line.startswith(_SIMULCAST)]
    if len(lists) != 1:
        return ()
    words = lists[0].split()
    if "send" not in words[:-1]:
        return ()
    encodings = words[words.index("send") + 1].split(";")
    firsts = (alternatives.split(",")[0].removeprefix("~") for alternatives in encodings)
    return tuple(dict.fromkeys(rid for rid in firsts if rid in described))[:MOST_LAYERS]


def accepted_rids(rids: Sequence[str]) -> list[str]:
    """Return the lines that accept these encodings."""
    if not rids:
        return []
    return [*(f"a=rid:{rid} recv" for rid in rids), "a=simulcast:recv " + ";".join(rids)]
