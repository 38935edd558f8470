"""The only source of randomness."""

import secrets

_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


def new_id(prefix: str) -> str:
    """Return `<prefix>_` and 16 random characters (80 bits) that are easy to read aloud."""
    return f"{prefix}_" + "".join(_ALPHABET[byte & 31] for byte in secrets.token_bytes(16))


def new_secret() -> str:
    """Return 256 random bits, base64url."""
    return secrets.token_urlsafe(32)


def random_bits(count: int) -> int:
    """Return a random number of `count` bits."""
    return secrets.randbits(count)
