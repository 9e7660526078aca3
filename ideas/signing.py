"""The signing key of an installation (Ed25519, RFC 8032). It signs the manifests of packs.

The private key is a file that only this user reads. The holder of a pack compares the key that signed it with the
fingerprint on the imprint page.
"""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ideas.errors import Refusal

KEY_FILE = "signing_key"

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

# The library is imported where a key is used: a server seldom needs it, and it takes memory.

_folder: Path | None = None


class NoKey(Refusal):
    """The folder of the installation holds no usable signing key, and none can be made."""


def use_folder(folder: Path) -> None:
    """Keep the key in this folder from now on."""
    global _folder
    _folder = folder


def folder() -> Path | None:
    """The folder of the key; None before `use_folder`."""
    return _folder


def has_key() -> bool:
    """Whether the key is made."""
    return _path().exists()


def make_key() -> None:
    """Make the key unless there is one. :raise OSError: if the folder can't be written."""
    path = _path()
    if path.exists():
        return
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    seed = Ed25519PrivateKey.generate().private_bytes_raw()
    descriptor, fresh = tempfile.mkstemp(dir=path.parent)  # mode 0600
    with os.fdopen(descriptor, "w") as file:
        file.write(seed.hex() + "\n")
    try:
        os.link(fresh, path)  # unlike a rename, this keeps the key of a faster process
    except FileExistsError:
        pass
    finally:
        Path(fresh).unlink()


def sign(data: bytes) -> bytes:
    """The signature (64 bytes) of the data; equal data has equal signatures. :raise NoKey:"""
    return _private().sign(data)


def public_key() -> bytes:
    """The public key (32 bytes); the key is made if there is none. :raise NoKey:"""
    return _private().public_key().public_bytes_raw()


def fingerprint(public: bytes) -> str:
    """The SHA-256 of a public key as 64 hex digits, in groups of eight to be compared by eye."""
    digits = hashlib.sha256(public).hexdigest()
    return " ".join(digits[start : start + 8] for start in range(0, len(digits), 8))


def is_signed(public: bytes, signature: bytes, data: bytes) -> bool:
    """Whether the signature of the data is by this key."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def _path() -> Path:
    if _folder is None:
        raise NoKey
    return _folder / KEY_FILE


def _private() -> "Ed25519PrivateKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    try:
        make_key()
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(_path().read_text().strip()))
    except (OSError, ValueError) as error:
        raise NoKey from error
