"""Hostile DTLS: from nobody, from participants, amid handshakes, and into connections that run."""

import asyncio
import time

from lti_room.media.backend import MediaSource
from lti_room.media.sfu.transport.dtls import new_certificate
from tests.media.fuzz.chance import Dice, damaged, rounds
from tests.media.fuzz.knocker import Knocker, client_flights, fragments, record, records
from tests.media.fuzz.stage import ROOM, Innocents, Stage
from tests.support.media import endpoint
from tests.support.rtc_client import Remote, RtcClient, Stream

ALERT, HANDSHAKE, APPLICATION, CHANGE_CIPHER = 21, 22, 23, 20
CLOSE_NOTIFY, FATAL = b"\x01\x00", b"\x02\x28"


def _invited(stage: Stage, client: RtcClient, name: str) -> Remote:
    """Return where a participant is expected who then does not do as expected."""
    offer = client.publish_offer({"0": Stream(audio=True, mid="0")})
    return Remote.read(stage.room.publish(endpoint(ROOM, name), offer, {"0": MediaSource.MICROPHONE}))


def _hostile(dice: Dice, hellos: list[bytes]) -> bytes:
    hello = dice.choice(hellos)
    match dice.randrange(7):
        case 0:
            return bytes((dice.randrange(20, 64),)) + dice.randbytes(dice.choice((0, 1, 12, 13, 200, 1400)))
        case 1:
            return hello[: dice.randint(1, len(hello))]
        case 2:
            return record(ALERT, dice.choice((CLOSE_NOTIFY, FATAL, b"", b"\x02", dice.randbytes(2))))
        case 3:
            kind = dice.choice((ALERT, HANDSHAKE, APPLICATION, CHANGE_CIPHER, 24, 25, 63))
            epoch, number = dice.choice((0, 1, 2, 0xFFFF)), dice.randrange(1 << 48)
            body = dice.randbytes(dice.choice((0, 1, 12, 40, 1200)))
            return record(
                kind, body, epoch=epoch, number=number, version=dice.choice((0xFEFD, 0xFEFF, 0, 0x0303))
            )
        case 4:
            parts = fragments(dice.choice(records(hellos)), dice.choice((1, 7, 100, 600)))
            dice.shuffle(parts)
            return b"".join(parts[: dice.randint(1, 10)])[:1400]
        case _:
            return damaged(dice, hello)


def test_nobody_gets_an_answer(dice: Dice) -> None:
    async def scenario() -> None:
        async with Stage() as stage:
            hellos = await client_flights()
            with Knocker(stage.mux.local_addresses[0].port) as nobody:
                for _ in range(rounds(2000)):
                    nobody.send(_hostile(dice, hellos))
                    nobody.send(hellos[0])
                    await asyncio.sleep(0)
                await asyncio.sleep(0.1)
                assert nobody.answers() == []
            assert stage.mux.dropped > 0
            assert not stage.wrong

    asyncio.run(scenario())


def test_damaged_handshakes_end_alone(dice: Dice) -> None:
    """Verified participants who send nonsense for a handshake; some of it is a real ClientHello at last."""

    async def scenario() -> None:
        async with Stage() as stage:
            innocents = await Innocents(stage).begin()
            hellos = await client_flights(count=3)
            for n in range(rounds(60)):
                remote = _invited(stage, RtcClient(), f"p_{n % 20}")
                with Knocker(remote.address[1]) as hostile:
                    await hostile.verify(remote)
                    for _ in range(25):
                        dice.note = _hostile(dice, hellos)
                        hostile.send(dice.note)
                    await asyncio.sleep(0.01)
                assert not stage.wrong
            await innocents.end()
            assert not stage.wrong

    asyncio.run(scenario())


def test_two_hundred_stalled_handshakes_hold_nobody_up() -> None:
    async def scenario() -> None:
        async with Stage() as stage:
            innocents = await Innocents(stage).begin()
            hellos = await client_flights()
            knockers = []
            for n in range(200):
                remote = _invited(stage, RtcClient(CERTIFICATE), f"p_{n}")
                knockers.append(Knocker(remote.address[1]))
                await knockers[-1].verify(remote)
                for hello in hellos:
                    knockers[-1].send(hello)
            begun = time.monotonic()
            late = await stage.view("p_late")
            assert time.monotonic() - begun < 2, "eight at a time it took minutes"
            assert late.client.cipher is not None
            assert sum(map(bool, (knocker.answers() for knocker in knockers))) == 200, "they are half open"
            for knocker in knockers:
                knocker.socket.close()
            await innocents.end()
            assert not stage.wrong

    asyncio.run(scenario())


CERTIFICATE = new_certificate()


def test_a_connection_that_runs_is_not_ended_by_what_is_not_signed(dice: Dice) -> None:
    """Forged under the innocent's own address: alerts and farewells in the clear, garbage of every kind."""

    async def scenario() -> None:
        async with Stage() as stage:
            innocents = await Innocents(stage).begin()
            assert innocents.viewer is not None
            hellos = await client_flights()
            for n in range(rounds(1500)):
                dice.note = _hostile(dice, hellos)
                for client in (innocents.publisher, innocents.viewer.client):
                    client.send_raw(dice.note)
                    client.send_raw(record(ALERT, CLOSE_NOTIFY, epoch=n % 2, number=n))
                if n % 10 == 0:
                    await asyncio.sleep(0.002)
            assert not innocents.publisher.closed.is_set()
            await innocents.end()
            assert not stage.wrong

    asyncio.run(scenario())
