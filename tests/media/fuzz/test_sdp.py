"""Hostile session descriptions: refused or read, quickly, and nothing of theirs gets into ours."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from aiortc.sdp import SessionDescription

from lti_room.base.settings import Address
from lti_room.media.backend import MediaError
from lti_room.media.sfu.sdp import common, publish, subscribe
from lti_room.media.sfu.sdp.common import LONGEST, MOST_OF_A_KIND, Transport
from tests.media.fuzz.chance import Dice, rounds

SDP: Final = Path(__file__).parent.parent / "sdp"
OFFERS: Final = (
    (SDP / "chromium156_publish_offer.sdp").read_text(),
    (SDP / "chromium156_simulcast_offer.sdp").read_text(),
)
ANSWER: Final = (SDP / "chromium156_subscribe_answer.sdp").read_text()
OURS: Final = Transport(7, "uuuuuuuuuuuu", "p" * 32, "sha-256 AB:CD", (Address("192.0.2.1", 8100),))
NUMBERS: Final = ("0", "-1", "127", "128", "255", "65536", "4294967296", "9" * 40, "9" * 5000, "1e9", "٣", "")
LINE_ENDS: Final = ("\r\n", "\n", "\r", "\n\r", "\0", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029")
WORDS: Final = (
    " ",
    ":",
    ";",
    "=",
    ",",
    "/",
    "*",
    "~",
    "a=mid:0",
    "m=video 9 A 1",
    "\ud800",
    "é",
    "𝕏",
    "%s",
    "..",
)
READERS: Final[tuple[Callable[[str], object], ...]] = (
    publish.read_publish_offer,
    lambda text: subscribe.read_subscribe_answer(text, 3),
)


def damaged(dice: Dice, text: str) -> str:
    """Return a description with a few changes of the kinds that parsers trip over."""
    lines = text.splitlines()
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(lines))
        match dice.randrange(8):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, dice.choice(lines))
            case 2:
                other = dice.randrange(len(lines))
                lines[at], lines[other] = lines[other], lines[at]
            case 3:
                lines[at] = re.sub(
                    r"\d+", lambda _: dice.choice(NUMBERS), lines[at], count=dice.randint(0, 2)
                )
            case 4:
                cut = dice.randrange(len(lines[at]) + 1)
                lines[at] = lines[at][:cut] + dice.choice((*WORDS, *LINE_ENDS)) + lines[at][cut:]
            case 5:
                lines[at] = lines[at][: dice.randrange(len(lines[at]) + 1)]
            case 6:
                lines[at:at] = [dice.choice(lines)] * dice.choice((2, 10, 200))
            case _:
                lines[at] = lines[at].replace("send", dice.choice(("recv", "", "send;", "send send")))
        if not lines:
            return ""
    return dice.choice(LINE_ENDS[:2] + ("\r\n",) * 6).join(lines)


def test_damaged_offers_are_refused_or_answered_in_our_words(dice: Dice) -> None:
    answered = 0
    for _ in range(rounds(2000)):
        text = damaged(dice, dice.choice(OFFERS))
        dice.note = text.encode("utf-8", "surrogatepass")
        try:
            offer = publish.read_publish_offer(text)
        except MediaError:
            continue
        answered += 1
        _is_ours(publish.write_publish_answer(offer, OURS))
        for media in offer.media:
            assert len(media.rids) <= 3
            assert media.ssrc is None or 0 < media.ssrc < 1 << 32
    assert answered > 100, "most damage is small, and small damage is survived"


def _is_ours(answer: str) -> None:
    SessionDescription.parse(answer)
    for line in answer.split("\r\n"):
        assert line.isascii()
        assert line.isprintable()
        assert line == "" or line.startswith(
            ("v=0", "o=- 7 1 ", "s=-", "t=0 0", "a=", "m=", "c=IN IP4 0.0.0.0")
        )
        if line.startswith("m=") and " 9 " in line:
            assert all(0 <= int(number) < 128 for number in line.split()[3:])
    assert set(re.findall("^a=fingerprint:(.*)\r$", answer, re.M)) <= {"sha-256 AB:CD"}
    assert set(re.findall("^a=ice-pwd:(.*)\r$", answer, re.M)) <= {"p" * 32}


def test_damaged_answers_are_refused_or_read(dice: Dice) -> None:
    for _ in range(rounds(1200)):
        text = damaged(dice, dice.choice((ANSWER, *OFFERS)))
        dice.note = text.encode("utf-8", "surrogatepass")
        try:
            read = subscribe.read_subscribe_answer(text, text.count("m="))
        except MediaError:
            continue
        assert all(len(mid) <= 16 for mid in read.receiving)


HEAD: Final = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
MEDIA: Final = (
    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=setup:actpass\r\na=fingerprint:sha-256 AA\r\n"
    "a=sendonly\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\n"
)
BOMBS: Final = {
    "feedback for all codecs": "".join(f"a=rtpmap:{n} a/1\n" for n in range(1800)) + "a=rtcp-fb:* a\n" * 2000,
    "sources": "".join(f"a=ssrc:{n} a:\n" for n in range(4000)),
    "parameters": "a=rtpmap:1 a/1\n" * 1500 + "a=fmtp:1 a\n" * 2500,
    "extensions": "a=extmap:1 a\n" * 4000,
    "fingerprints": "a=fingerprint:sha-256 AA\n" * 2000,
    "media": "m=a 1 A 1\n" * 5000,
    "media with fingerprints above": "a=fingerprint:a b\n" * 1500 + "m=a 1 A 1\n" * 2500,
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_a_description_that_grows_while_it_is_read_is_not_read(
    bomb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """aiortc's parser took five seconds and 600 MB for the first of these."""
    read: list[str] = []
    monkeypatch.setattr(SessionDescription, "parse", read.append)
    for text in (HEAD + MEDIA + bomb, bomb + MEDIA):
        assert len(text) <= LONGEST
        for reader in READERS:
            with pytest.raises(MediaError):
                reader(text)
    assert read == []


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("a=candidate:1 1 udp 1 192.0.2.9 9 typ host\n", id="candidates"),
        pytest.param("a=candidate:x\n", id="malformed candidates"),
        pytest.param("a=\n", id="empty attributes"),
        pytest.param("a=x:y\n", id="unknown attributes"),
        pytest.param("b=AS:1\n", id="bandwidths"),
        pytest.param("c=\n", id="connections"),
    ],
)
def test_lines_that_nobody_needs_are_passed_over_however_many(line: str) -> None:
    room = LONGEST - len(HEAD + MEDIA)
    text = HEAD + MEDIA + line * (room // len(line))
    assert publish.read_publish_offer(text).media[0].payload_type == 96
    with pytest.raises(MediaError):
        publish.read_publish_offer(text + line * 20)


@pytest.mark.parametrize("line", ["a=mid", "a=mid:", "a=mid:0 ", "a=mid:é", "a=mid:" + "x" * 17])
def test_a_medium_without_a_proper_name_is_refused(line: str) -> None:
    for reader in READERS:
        with pytest.raises(MediaError):
            reader((HEAD + MEDIA).replace("a=mid:0", line))


def test_real_descriptions_are_far_from_the_limits() -> None:
    for text in (*OFFERS, ANSWER):
        for section in re.split("^m=", text, flags=re.M):
            names = re.findall("^a=([a-z-]+)", section, re.M)
            assert all(names.count(name) * 2 <= MOST_OF_A_KIND for name in names)
            assert names.count("rtpmap") * 2 <= common.MOST_CODECS
