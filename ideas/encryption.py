"""Encryption at rest of the few texts that no page needs in the clear, with a key from the secret of the installation.

Whoever reads the database or a backup without the secret reads nothing. With another secret the texts are lost; people
type them again.
"""

import base64
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

# The library is imported where a text is read or written: a server seldom needs it, and it takes memory.

_secret = b""


def use_secret(secret: str | bytes) -> None:
    """Derive the key from this secret from now on."""
    global _secret
    _secret = secret if isinstance(secret, bytes) else secret.encode()


def encrypted(text: str) -> str:
    """The text as an authenticated token (Fernet: AES-128-CBC with HMAC-SHA-256), in ASCII."""
    return _cipher().encrypt(text.encode()).decode()


def decrypted(token: str) -> str | None:
    """The text of a token; None if it was made with another secret, or changed."""
    from cryptography.fernet import InvalidToken

    try:
        return _cipher().decrypt(token).decode()
    except InvalidToken:
        return None


def _cipher() -> "Fernet":
    from cryptography.fernet import Fernet
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    assert _secret, "a server has a secret"
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"schwarm: texts at rest").derive(_secret)
    return Fernet(base64.urlsafe_b64encode(key))
