"""Names of this server: which ones a request may use, and which origin a page of this server has.

A page of another site can give its own name the address of this server (DNS rebinding). The browser then sends requests
here in the name of that site, whose `Origin` equals their `Host`. So without a public address only names count that
nobody else can own: loopback names, addresses, and those that the operator lists.
"""

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}


def is_allowed_host(host: str, allowed: Collection[str]) -> bool:
    """Whether a request without a public address may use this `Host`, with or without a port."""
    name = _name_of(host)
    return name == "localhost" or name.endswith(".localhost") or name in allowed or _is_address(name)


def is_own_origin(origin: str, host: str, public_url: str, allowed: Collection[str]) -> bool:
    """Whether a page with this `Origin` is one of this server, to which the request with this `Host` came.

    The scheme counts only with a public address: without one nobody says whether a proxy speaks TLS.
    """
    if public_url:
        return _parts(origin) is not None and _parts(origin) == _parts(public_url)
    return _netloc(origin) == host.lower() and is_allowed_host(host, allowed)


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _name_of(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _parts(address: str) -> tuple[str, str, int | None] | None:
    """Scheme, name and port of an address."""
    try:
        parts = urlsplit(address)
        return parts.scheme, (parts.hostname or "").lower(), parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
