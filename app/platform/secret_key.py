"""The secret of the installation, as the key of digests that nobody else can make."""

from flask import current_app


def secret_key() -> bytes:
    key = current_app.secret_key or ""
    return key if isinstance(key, bytes) else key.encode()
