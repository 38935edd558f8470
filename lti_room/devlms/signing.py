"""One RSA key per emulated LMS, made at the first start and kept in a file only its owner can read."""

import hashlib
import os
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from lti_room.base import entropy
from lti_room.base.paths import private_folder


class SigningKey:
    """The key an LMS signs with."""

    def __init__(self, private: rsa.RSAPrivateKey) -> None:
        self._private = private
        public = private.public_key()
        der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.kid = hashlib.sha256(der).hexdigest()[:20]
        self._public: dict[str, Any] = RSAAlgorithm.to_jwk(public, as_dict=True)

    def sign(self, payload: dict[str, Any]) -> str:
        """Return a signed JWT, RS256."""
        return jwt.encode(payload, self._private, algorithm="RS256", headers={"kid": self.kid})

    def jwks(self) -> dict[str, Any]:
        """Return the public key set."""
        key = {name: self._public[name] for name in ("kty", "e", "n")}
        return {"keys": [key | {"kid": self.kid, "alg": "RS256", "use": "sig"}]}


def signing_key(folder: Path, name: str) -> SigningKey:
    """Return the key kept in `<folder>/<name>.pem` (mode 0600), making it when there is none.

    Two processes that start at once end up with the same key: the file that is linked first stays.
    """
    path = folder / f"{name}.pem"
    if not path.exists():
        _make(folder, path)
    private = serialization.load_pem_private_key(path.read_bytes(), password=None)
    assert isinstance(private, rsa.RSAPrivateKey)
    return SigningKey(private)


def _make(folder: Path, path: Path) -> None:
    private_folder(folder)
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    draft = folder / f".{entropy.new_id('key')}.pem"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
