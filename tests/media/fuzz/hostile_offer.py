"""The offer of a publisher who wants every path to be open: simulcast, RTX, all header extensions."""

from typing import Final

from lti_room.media.backend import MediaSource
from tests.support.rtc_client import RtcClient

OPUS: Final = 111
VP8: Final = 96
RTX: Final = 97
LEVEL, NUMBER, MID, RID, REPAIRED_RID = 1, 3, 4, 10, 11
SOUND_SSRC: Final = 0x51000001
SCREEN_SSRC: Final = 0x5C000001
SCREEN_RTX_SSRC: Final = 0x5C000002
SOURCES: Final = {"0": MediaSource.MICROPHONE, "1": MediaSource.CAMERA, "2": MediaSource.SCREEN}

_VIDEO: Final = f"""a=rtpmap:{VP8} VP8/90000
a=rtcp-fb:{VP8} transport-cc
a=rtcp-fb:{VP8} ccm fir
a=rtcp-fb:{VP8} nack
a=rtcp-fb:{VP8} nack pli
a=rtpmap:{RTX} rtx/90000
a=fmtp:{RTX} apt={VP8}
a=extmap:{NUMBER} http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=extmap:{MID} urn:ietf:params:rtp-hdrext:sdes:mid
a=extmap:{RID} urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
a=extmap:{REPAIRED_RID} urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id
"""


def hostile_offer(client: RtcClient) -> str:
    """Return the offer: sound (0), a camera in three layers (1) and a screen in one (2)."""
    transport = "\n".join(client.sdp_transport("actpass"))
    return f"""v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1 2
m=audio 9 UDP/TLS/RTP/SAVPF {OPUS}
{transport}
a=mid:0
a=sendonly
a=rtpmap:{OPUS} opus/48000/2
a=rtcp-fb:{OPUS} nack
a=extmap:{LEVEL} urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:{MID} urn:ietf:params:rtp-hdrext:sdes:mid
a=ssrc:{SOUND_SSRC} cname:x
m=video 9 UDP/TLS/RTP/SAVPF {VP8} {RTX}
{transport}
a=mid:1
a=sendonly
{_VIDEO}a=rid:l send
a=rid:m send
a=rid:h send
a=simulcast:send l;m;h
m=video 9 UDP/TLS/RTP/SAVPF {VP8} {RTX}
{transport}
a=mid:2
a=sendonly
{_VIDEO}a=ssrc-group:FID {SCREEN_SSRC} {SCREEN_RTX_SSRC}
a=ssrc:{SCREEN_SSRC} cname:x
a=ssrc:{SCREEN_RTX_SSRC} cname:x
"""
