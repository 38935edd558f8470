"""Session descriptions, against what Chromium 156 really writes (`sdp/`). UPDATE=1 rewrites golden texts."""

import os
from pathlib import Path

import pytest
from aiortc.sdp import SessionDescription
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lti_room.base.settings import Address
from lti_room.media.backend import MediaError, MediaSource
from lti_room.media.sfu.sdp import publish, subscribe
from lti_room.media.sfu.sdp.common import AUDIO_LEVEL, MID, Transport

FOLDER = Path(__file__).parent / "sdp"
TRANSPORT = Transport(
    7, "serverufrag1", "serverpassword0123456789abcdef01", "sha-256 AB:CD", (Address("192.0.2.1", 8100),)
)
OFFER = (FOLDER / "chromium156_publish_offer.sdp").read_bytes().decode()
SIMULCAST = (FOLDER / "chromium156_simulcast_offer.sdp").read_bytes().decode()
ANSWER = (FOLDER / "chromium156_subscribe_answer.sdp").read_bytes().decode()
STREAMS = [
    subscribe.OfferedMedia("0", "audio", subscribe.OfferedStream("p_a", "microphone", 1111, 1112)),
    subscribe.OfferedMedia("1", "video", subscribe.OfferedStream("p_a", "camera", 2222, 2223)),
    subscribe.OfferedMedia("2", "video", None),
]


def _same_as_golden(text: str, name: str) -> None:
    path = FOLDER / name
    if os.environ.get("UPDATE"):
        path.write_bytes(text.encode())
    assert text == path.read_bytes().decode()


def test_a_chromium_publish_offer_is_understood() -> None:
    offer = publish.read_publish_offer(OFFER)
    assert [(m.mid, m.kind, m.payload_type) for m in offer.media] == [
        ("0", "audio", 111),
        ("1", "video", 96),
        ("2", "video", 96),
    ]
    assert len({m.ssrc for m in offer.media} | {m.repair_ssrc for m in offer.media}) == 6
    assert [(m.repair_type, m.repair_ssrc is None, m.rids) for m in offer.media] == [
        (None, True, ()),
        (97, False, ()),
        (97, False, ()),
    ]
    assert ["transport-cc" in m.feedback for m in offer.media] == [False, True, True], "sound does not adapt"
    assert offer.media[0].extensions[AUDIO_LEVEL] == 1
    assert {m.extensions[MID] for m in offer.media} == {4}
    assert [f.algorithm for f in offer.fingerprints] == ["sha-256"]


def test_a_simulcast_offer_is_understood_though_its_ssrcs_are_unknown() -> None:
    (media,) = publish.read_publish_offer(SIMULCAST).media
    assert (media.payload_type, media.repair_type, media.ssrc) == (96, 97, None)
    assert media.rids == ("l", "m", "h")
    assert media.extensions[MID] == 9


@pytest.mark.parametrize(
    ("offer", "golden"), [(OFFER, "golden_publish_answer.sdp"), (SIMULCAST, "golden_simulcast_answer.sdp")]
)
def test_the_publish_answer_is_the_golden_one(offer: str, golden: str) -> None:
    _same_as_golden(publish.write_publish_answer(publish.read_publish_offer(offer), TRANSPORT), golden)


@pytest.mark.parametrize(
    ("line", "rids"),
    [
        pytest.param("a=simulcast:send h;m;l", ("h", "m", "l"), id="the-clients-order-counts"),
        pytest.param("a=simulcast:send l;h", ("l", "h"), id="two"),
        pytest.param("a=simulcast:send ~l;m,h", ("l", "m"), id="paused-and-alternatives"),
        pytest.param("a=simulcast:recv 1;2 send l;m", ("l", "m"), id="both-directions"),
        pytest.param("a=simulcast:send l;l;x;h", ("l", "h"), id="twice-and-unknown"),
        pytest.param("a=simulcast:send", (), id="nothing"),
        pytest.param("a=simulcast:recv l;m;h", (), id="wrong-direction"),
        pytest.param("a=simulcast:" + "send " * 9_000, (), id="repeated"),
        pytest.param("a=simulcast:send l\r\na=simulcast:send m", (), id="two-lines"),
        pytest.param("a=simulcast:send " + ";".join(["l", "m", "h"] * 2_000), ("l", "m", "h"), id="long"),
    ],
)
def test_encodings_are_ranked_as_the_client_lists_them(line: str, rids: tuple[str, ...]) -> None:
    offer = publish.read_publish_offer(SIMULCAST.replace("a=simulcast:send l;m;h", line))
    assert offer.media[0].rids == rids
    answer = publish.write_publish_answer(offer, TRANSPORT)
    assert ("a=simulcast:recv " + ";".join(rids) + "\r\n" in answer) == bool(rids)


def test_more_encodings_than_allowed_are_cut_to_the_first() -> None:
    more = "".join(f"a=rid:x{n} send\r\n" for n in range(20))
    names = ";".join(f"x{n}" for n in range(20))
    text = SIMULCAST.replace("a=simulcast:send l;m;h", f"{more}a=simulcast:send {names}")
    assert publish.read_publish_offer(text).media[0].rids == ("x0", "x1", "x2")


def test_a_rid_that_is_no_token_never_comes_back() -> None:
    text = SIMULCAST.replace("a=rid:l send", "a=rid:l\u2028a=evil send").replace(
        "send l;", "send l\u2028a=evil;"
    )
    try:
        answer = publish.write_publish_answer(publish.read_publish_offer(text), TRANSPORT)
    except MediaError:
        return
    assert "evil" not in answer


def test_an_offer_as_firefox_writes_it_is_taken_without_simulcast() -> None:
    """Directions in its extension lines, other numbers, the SSRCs announced, and one encoding."""
    lines = """v=0
o=mozilla...THIS_IS_SDPARTA-99.0 1 0 IN IP4 0.0.0.0
s=-
t=0 0
a=sendrecv
a=fingerprint:sha-256 2B:33:52
a=group:BUNDLE 0
a=ice-options:trickle
a=msid-semantic:WMS *
m=video 9 UDP/TLS/RTP/SAVPF 120 124
c=IN IP4 0.0.0.0
a=sendonly
a=extmap:3/sendonly urn:ietf:params:rtp-hdrext:sdes:mid
a=extmap:7 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=fmtp:120 max-fs=12288;max-fr=60
a=fmtp:124 apt=120
a=ice-pwd:0123456789abcdef0123456789abcdef
a=ice-ufrag:01234567
a=mid:0
a=msid:- {1}
a=rtcp-fb:120 nack
a=rtcp-fb:120 nack pli
a=rtcp-fb:120 ccm fir
a=rtcp-fb:120 goog-remb
a=rtcp-fb:120 transport-cc
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:120 VP8/90000
a=rtpmap:124 rtx/90000
a=setup:actpass
a=ssrc:111 cname:{2}
a=ssrc:222 cname:{2}
a=ssrc-group:FID 111 222"""
    offer = publish.read_publish_offer(lines.replace("\n", "\r\n") + "\r\n")
    (media,) = offer.media
    assert (media.payload_type, media.repair_type, media.ssrc, media.repair_ssrc) == (120, 124, 111, 222)
    assert (media.rids, "transport-cc" in media.feedback) == ((), True)
    answer = publish.write_publish_answer(offer, TRANSPORT)
    for line in ("m=video 9 UDP/TLS/RTP/SAVPF 120 124", "a=fmtp:124 apt=120", "a=rtcp-fb:120 nack"):
        assert line + "\r\n" in answer
    assert "simulcast" not in answer


def test_without_the_rid_extension_there_is_no_simulcast() -> None:
    text = SIMULCAST.replace("sdes:rtp-stream-id", "sdes:other")
    assert publish.read_publish_offer(text).media[0].rids == ()


def test_only_who_can_take_a_limit_is_told_one() -> None:
    assert "a=rtcp-fb:96 goog-remb" in publish.write_publish_answer(
        publish.read_publish_offer(SIMULCAST), TRANSPORT
    )
    text = SIMULCAST.replace(" goog-remb", " x")
    assert "goog-remb" not in publish.write_publish_answer(publish.read_publish_offer(text), TRANSPORT)


def test_sound_is_sent_again_only_for_who_says_that_it_can() -> None:
    assert "rtcp-fb:111" not in publish.write_publish_answer(publish.read_publish_offer(OFFER), TRANSPORT)
    able = OFFER.replace("a=rtcp-fb:111 transport-cc", "a=rtcp-fb:111 transport-cc\r\na=rtcp-fb:111 nack")
    assert "a=rtcp-fb:111 nack\r\n" in publish.write_publish_answer(
        publish.read_publish_offer(able), TRANSPORT
    )


def test_the_subscribe_offer_is_the_golden_one() -> None:
    _same_as_golden(subscribe.write_subscribe_offer(STREAMS, TRANSPORT, 3), "golden_subscribe_offer.sdp")


def test_a_chromium_answer_is_understood() -> None:
    answer = subscribe.read_subscribe_answer(ANSWER, 3)
    assert answer.receiving == {"0", "1"}
    assert len(answer.fingerprints) == 1


@pytest.mark.parametrize("text", [OFFER, SIMULCAST])
def test_what_we_write_is_read_back_by_another_parser(text: str) -> None:
    read = SessionDescription.parse(publish.write_publish_answer(publish.read_publish_offer(text), TRANSPORT))
    for media in read.media:
        assert media.direction == "recvonly"
        assert media.ice.iceLite
        assert media.dtls is not None
        assert media.dtls.role == "server"
        assert [(c.ip, c.port) for c in media.ice_candidates] == [("192.0.2.1", 8100)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("a=group:BUNDLE 0 1 2", "a=group:BUNDLE 0 1", id="not-bundled"),
        pytest.param("a=fingerprint", "a=finger", id="no-fingerprint"),
        pytest.param("sha-256", "md5", id="weak-fingerprint"),
        pytest.param("a=mid:1", "a=mid:0", id="same-mid-twice"),
        pytest.param("a=setup:actpass", "a=setup:holdconn", id="unknown-setup"),
        pytest.param("a=mid:1\r\n", "", id="no-mid"),
        pytest.param("m=audio 9", "m=audio x", id="bad-port"),
        pytest.param("a=rtpmap:111", "a=rtpmap:x", id="bad-codec"),
        pytest.param("a=ssrc:", "a=ssrc:x", id="bad-ssrc"),
    ],
)
def test_a_malformed_offer_is_refused(old: str, new: str) -> None:
    assert old in OFFER
    with pytest.raises(MediaError) as refusal:
        publish.read_publish_offer(OFFER.replace(old, new))
    assert refusal.value.code == "media_bad_sdp"


def test_an_oversized_description_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(MediaError):
        publish.read_publish_offer(OFFER + "a=x\r\n" * 20_000)


def test_an_offer_with_too_many_media_is_refused() -> None:
    media = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\n" * 9
    with pytest.raises(MediaError):
        publish.read_publish_offer("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n" + media)


def test_codecs_we_do_not_speak_are_rejected_line_by_line() -> None:
    offer = publish.read_publish_offer(OFFER.replace("VP8/90000", "VP7/90000"))
    assert [m.payload_type for m in offer.media] == [111, None, None]
    answer = publish.write_publish_answer(offer, TRANSPORT)
    assert answer.count("m=video 0 ") == 2
    assert "a=group:BUNDLE 0\r\n" in answer


def test_a_data_channel_line_is_rejected_without_harm() -> None:
    data = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:3\r\na=sctp-port:5000\r\n"
    offer = publish.read_publish_offer(OFFER.replace("BUNDLE 0 1 2", "BUNDLE 0 1 2 3") + data)
    assert "m=application 0 UDP/DTLS/SCTP webrtc-datachannel" in publish.write_publish_answer(
        offer, TRANSPORT
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("a=setup:active", "a=setup:passive", id="wrong-role"),
        pytest.param("a=fingerprint", "a=finger", id="no-fingerprint"),
        pytest.param("m=video 9", "a=video 9", id="too-few-media"),
    ],
)
def test_a_malformed_answer_is_refused(old: str, new: str) -> None:
    with pytest.raises(MediaError):
        subscribe.read_subscribe_answer(ANSWER.replace(old, new), 3)


LINES = OFFER.split("\r\n")


@given(st.data())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_hostile_descriptions_are_refused_or_read_never_worse(data: st.DataObject) -> None:
    """Lines of real offers, dropped, doubled, shuffled and damaged."""
    picked = data.draw(st.lists(st.sampled_from([*LINES, *SIMULCAST.split("\r\n")]), max_size=60))
    damage = data.draw(st.lists(st.tuples(st.integers(0, 59), st.text(max_size=20)), max_size=6))
    for at, text in damage:
        if at < len(picked):
            picked[at] = picked[at][: len(text)] + text
    mess = "\r\n".join(picked)
    for read in (publish.read_publish_offer, lambda text: subscribe.read_subscribe_answer(text, 3)):
        try:
            read(mess)
        except MediaError:
            continue


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_arbitrary_text_is_refused(text: str) -> None:
    with pytest.raises(MediaError):
        publish.read_publish_offer(text)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_what_we_answer_to_a_damaged_offer_has_no_line_of_the_clients_making(data: st.DataObject) -> None:
    """Nothing a client writes may add a line to an SDP of ours."""
    lines = data.draw(st.sampled_from([LINES, SIMULCAST.split("\r\n")]))
    at = data.draw(st.integers(0, len(lines) - 1))
    text = data.draw(st.text(max_size=30))
    damaged = "\r\n".join([*lines[:at], lines[at] + text, *lines[at + 1 :]])
    try:
        answer = publish.write_publish_answer(publish.read_publish_offer(damaged), TRANSPORT)
    except MediaError:
        return
    known = ("v=", "o=- 7 1 ", "s=-", "t=0 0", "a=", "m=", "c=IN IP4 0.0.0.0")
    lines = answer.split("\r\n")
    assert all(line.isascii() and line.isprintable() and line.startswith(known) for line in lines if line)
    assert answer.count("a=fingerprint:") == answer.count(" UDP/TLS/RTP/SAVPF ") - answer.count(
        "m=video 0 "
    ) - (answer.count("m=audio 0 "))


@pytest.mark.parametrize(
    "sources",
    [
        pytest.param({"0": MediaSource.CAMERA}, id="sound-as-camera"),
        pytest.param({"1": MediaSource.MICROPHONE}, id="picture-as-microphone"),
        pytest.param({"0": MediaSource.MICROPHONE, "9": MediaSource.MICROPHONE}, id="named-twice"),
    ],
)
def test_a_source_goes_by_one_medium_of_its_kind(sources: dict[str, MediaSource]) -> None:
    offer = publish.read_publish_offer(OFFER)
    publish.check_sources(offer, {"0": MediaSource.MICROPHONE, "1": MediaSource.SCREEN})
    with pytest.raises(MediaError) as refusal:
        publish.check_sources(offer, sources)
    assert refusal.value.code == "media_bad_sdp"
