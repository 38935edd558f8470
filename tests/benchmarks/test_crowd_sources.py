"""The crowd's synthetic page is what the server takes for a browser, and a small crowd gets everything."""

from benchmarks.crowd.run import SCENES, measure
from benchmarks.crowd.sources import LAYERS, Encoding, Numbers, Voice, offer
from lti_room.media.sfu.sdp.publish import read_publish_offer
from tests.support.rtc_client import RtcClient


def test_the_offer_is_read_as_simulcast_with_transport_wide_feedback() -> None:
    text = offer(RtcClient().sdp_transport("actpass"), "0", "1", ["l", "m", "h"])
    voice, camera = read_publish_offer(text).media
    assert (voice.kind, voice.payload_type, voice.ssrc) == ("audio", 111, None)
    assert (camera.kind, camera.payload_type, camera.rids) == ("video", 96, ("l", "m", "h"))
    assert "transport-cc" in camera.feedback


def test_a_frame_is_cut_as_told_and_only_its_last_packet_is_marked() -> None:
    camera = Encoding("1", LAYERS["h"], Numbers())
    first, second = camera.packets(), camera.packets()
    assert [packet[1] >> 7 for packet in first] == [0] * 6 + [1]
    assert int.from_bytes(second[0][2:4], "big") == int.from_bytes(first[-1][2:4], "big") + 1
    assert LAYERS["h"].bits_per_second == 30 * 7 * 1010 * 8


def test_what_nobody_watches_is_not_sent_and_begins_again_with_a_keyframe() -> None:
    camera = Encoding("1", LAYERS["l"], Numbers())
    camera.packets()
    camera.activate(False)
    assert camera.packets() == []
    camera.activate(True)
    assert camera.keyframe


def test_a_silent_voice_sends_as_with_dtx() -> None:
    assert Voice("0", loud=False).interval == 20 * Voice("0", loud=True).interval


def test_who_is_on_stage_gets_neither_the_own_camera_nor_the_own_voice() -> None:
    stage = SCENES["stage"]
    assert stage.packets_for("p_viewer0") == 25 * 15 + 3 * 50
    assert stage.packets_for(stage.stage[10]) == 24 * 15 + 3 * 50
    assert stage.packets_for(stage.stage[0]) == 24 * 15 + 2 * 50


def test_everybody_in_a_small_crowd_gets_everything() -> None:
    got = measure(SCENES["lecture"], 3, 1.0)
    assert (got.subscribers, got.closed) == (3, 0)
    assert got.worst_came >= 0.98
    assert got.packets > 3 * 50
    assert 0.015 < got.longest < 1.0
