"""Connectivity checks as browsers send them, made by aioice; and what hostile ones are made of."""

from random import Random  # noqa: TID251 - seeded on purpose
from struct import pack, unpack_from

from aioice import stun

HEADER = 20


def check(username: str, password: str, *, nominate: bool = True, transaction: bytes | None = None) -> bytes:
    """Return a signed binding request."""
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, transaction)
    message.attributes["USERNAME"] = f"{username}:browser"
    message.attributes["PRIORITY"] = 1845501695
    message.attributes["ICE-CONTROLLING"] = 7
    if nominate:
        message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(password.encode())
    return bytes(message)


def attributes_of(data: bytes) -> list[tuple[int, bytes]]:
    """Return type and value of every attribute of a well-formed message."""
    found, at = [], HEADER
    while at < len(data):
        kind, length = unpack_from("!HH", data, at)
        found.append((kind, data[at + 4 : at + 4 + length]))
        at += 4 + (length + 3 & ~3)
    return found


def message(kind: int, attributes: list[tuple[int, bytes]], cookie: int = stun.COOKIE) -> bytes:
    """Return a message with these attributes, its lengths right, its signature whatever they say."""
    body = b"".join(
        pack("!HH", each, len(value)) + value + bytes(-len(value) % 4) for each, value in attributes
    )
    return pack("!HHI12s", kind, len(body), cookie, b"transaction0") + body


def rearranged(dice: Random, data: bytes) -> bytes:
    """Return a check with its attributes dropped, doubled, shuffled, resized or joined by others."""
    attributes = attributes_of(data)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(attributes) + 1)
        kind = dice.choice((*stun.ATTRIBUTES_BY_TYPE, dice.randrange(1 << 16)))
        match dice.randrange(4):
            case 0:
                attributes.insert(at, (kind, dice.randbytes(dice.choice((0, 1, 3, 4, 8, 20, 200)))))
            case 1 if at < len(attributes):
                del attributes[at]
            case 2 if at < len(attributes):
                attributes.insert(at, dice.choice(attributes))
            case _:
                dice.shuffle(attributes)
    first = dice.choice((0x0001, 0x0001, 0x0001, 0x0011, 0x0101, 0x0111, dice.randrange(0x400)))
    return message(first, attributes, dice.choice((stun.COOKIE, stun.COOKIE, dice.randrange(1 << 32))))
