"""SRTP's AES-GCM by OpenSSL itself, for the fast path: a third of the memory libsrtp touches for each packet.

RFC 7714 (AEAD_AES_128_GCM, AEAD_AES_256_GCM), RFC 3711 section 4.3 and RFC 6188 (session keys). OpenSSL is
the one libsrtp was built with, found by its symbols at run time; where one is missing, libsrtp goes on.
"""

import ctypes
import weakref
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from lti_room.media.sfu.transport.dtls import LIBRARY, SALT_LENGTH, MasterKey

_ENCRYPTION, _SALTING = 0, 2
_FUNCTIONS: Final = ("EVP_EncryptInit_ex", "EVP_EncryptUpdate", "EVP_EncryptFinal_ex", "EVP_CIPHER_CTX_ctrl")
_ALGORITHMS: Final = {16: "EVP_aes_128_gcm", 32: "EVP_aes_256_gcm"}


def session_keys(master: MasterKey) -> MasterKey:
    """Return the key and the salt that packets are encrypted with; the key derivation rate is 0."""

    def derived(label: int, length: int) -> bytes:
        block = bytearray((master.salt + bytes(16))[:16])
        block[7] ^= label
        encryptor = Cipher(algorithms.AES(master.key), modes.CTR(bytes(block))).encryptor()
        return encryptor.update(bytes(length))

    return MasterKey(derived(_ENCRYPTION, len(master.key)), derived(_SALTING, SALT_LENGTH))


def _load() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(LIBRARY)
        for name in (*_FUNCTIONS, *_ALGORITHMS.values(), "EVP_CIPHER_CTX_new", "EVP_CIPHER_CTX_free"):
            getattr(library, name)
    except (OSError, AttributeError):
        return None
    for name in (*_ALGORITHMS.values(), "EVP_CIPHER_CTX_new"):
        getattr(library, name).restype = ctypes.c_void_p
    library.EVP_CIPHER_CTX_free.argtypes = (ctypes.c_void_p,)
    library.EVP_EncryptInit_ex.argtypes = (
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_char_p,
        ctypes.c_char_p,
    )
    return library


_library: Final = _load()


def addresses() -> tuple[int, int, int, int]:
    """Return where EVP_EncryptInit_ex, _Update, _Final_ex and EVP_CIPHER_CTX_ctrl lie, or zeros."""
    if _library is None:
        return 0, 0, 0, 0
    init, update, final, control = (
        ctypes.cast(getattr(_library, name), ctypes.c_void_p).value or 0 for name in _FUNCTIONS
    )
    return init, update, final, control


class GcmContext:
    """OpenSSL's context for one subscriber's key; `address` is 0 where there is none.

    The memory at `address` ends with this object.
    """

    def __init__(self, master: MasterKey | None) -> None:
        self.address = 0
        self.salt = b""
        if master is None or _library is None or len(master.key) not in _ALGORITHMS:
            return
        key, self.salt = session_keys(master)
        algorithm = getattr(_library, _ALGORITHMS[len(key)])()
        address = _library.EVP_CIPHER_CTX_new()
        if not address:
            return
        weakref.finalize(self, _library.EVP_CIPHER_CTX_free, address)
        if _library.EVP_EncryptInit_ex(address, algorithm, None, key, bytes(SALT_LENGTH)) == 1:
            self.address = int(address)
