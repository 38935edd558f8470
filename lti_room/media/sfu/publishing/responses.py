"""What a publisher is told between its reports: which packets came when, and which to send again."""

from collections.abc import Callable, Iterable
from typing import Final

from lti_room.media.sfu.congestion.collapse import Collapse
from lti_room.media.sfu.formats import rtcp
from lti_room.media.sfu.forwarding.keyframes import Timer
from lti_room.media.sfu.forwarding.layer import Surroundings
from lti_room.media.sfu.publishing.arrivals import FEEDBACK_SECONDS, Arrivals
from lti_room.media.sfu.publishing.incoming import Incoming

HURRIED_SECONDS: Final = 0.05
"""Between feedbacks while the line is collapsed: the sooner the publisher knows, the shorter the queue."""
_SOONEST: Final = 0.002


class Responses:
    """Answers to the packets of one publishing peer. A timer runs only while there is something to say."""

    def __init__(
        self,
        own_ssrc: int,
        send: Callable[[bytes], None],
        streams: Callable[[], Iterable[Incoming]],
        around: Surroundings,
    ) -> None:
        self._own_ssrc = own_ssrc
        self._send = send
        self._streams = streams
        self._around = around
        self._arrivals = Arrivals(own_ssrc)
        self._collapse = Collapse()
        self._feedback: Timer | None = None
        self._asking: Timer | None = None
        self._asks_at = 0.0
        self._stopped = False

    def arrived(self, number: int, now: float) -> None:
        """Take a packet's 16-bit transport-wide number."""
        self._arrivals.add(number, now)
        if self._feedback is None and not self._stopped:
            soon = HURRIED_SECONDS if self._collapse.now_on else FEEDBACK_SECONDS
            self._feedback = self._around.later(soon, self._send_feedback)
        if self._collapse.arrived(number, now):
            self._line_changed()

    def ask(self) -> None:
        """Ask for what is missing when it is due, and again until it came or is given up."""
        if self._stopped:
            return
        due = [stream.missing.next_due() for stream in self._streams() if stream.ask]
        soonest = min((at for at in due if at is not None), default=None)
        if soonest is not None and self._asking is not None and self._asks_at <= soonest:
            return
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None
        if soonest is None:
            return
        self._asks_at = soonest
        wait = max(_SOONEST, soonest - self._around.now())
        self._asking = self._around.later(wait, self._send_requests)

    def stop(self) -> None:
        """Say nothing any more."""
        self._stopped = True
        for timer in (self._feedback, self._asking):
            if timer is not None:
                timer.cancel()
        self._feedback = self._asking = None

    def _line_changed(self) -> None:
        """The publisher's line collapsed, or carries again what is sent: tell it what came, without delay."""
        for stream in self._streams():
            stream.set_torn(self._collapse.now_on)
        if self._feedback is not None:
            self._feedback.cancel()
        self._send_feedback()

    def _send_feedback(self) -> None:
        self._feedback = None
        media_ssrc = next((stream.layer.ssrc for stream in self._streams()), 0)
        for packet in self._arrivals.feedback(media_ssrc):
            self._send(packet)

    def _send_requests(self) -> None:
        self._asking = None
        now = self._around.now()
        for stream in self._streams():
            if stream.ask is None or stream.missing.idle:
                continue
            numbers = stream.missing.due(now)
            if numbers:
                self._send(rtcp.resend_request(self._own_ssrc, stream.layer.ssrc, numbers))
            if stream.missing.hopeless:
                stream.missing.hopeless = False
                stream.want_keyframe()
        self.ask()
