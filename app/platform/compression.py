"""Compression of answers with gzip, which every browser takes. Only static files have brotli, too (`assets`).

Whoever sees the length of an answer and chooses a part of its content can guess a secret that stands in the same answer
(BREACH: Gluck, Harris and Prado, 2013). The content that another site can choose is the address, so an answer to an
address that may be another site's choice is sent as it is. The CSRF token is masked anew in each answer besides
(app/platform/csrf.py).
"""

import gzip
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from flask import Flask, request
from werkzeug.wrappers import Response

# Answers of a view. Files and pieces that are kept take the best level, since they are compressed once.
LEVEL, KEPT_LEVEL = 5, 9

# A shorter answer fits into one packet anyway.
SMALLEST_BYTES = 600

COMPRESSIBLE = ("text/", "application/json", "application/manifest+json", "image/svg+xml")

# The values of Sec-Fetch-Site for requests that no other site caused.
OWN = ("same-origin", "none")

_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # gzip, without a time and a name (RFC 1952)
_LAST_BLOCK = b"\x03\x00"
_STORED_MAX = 0xFFFF


@dataclass(frozen=True)
class Piece:
    """A part of answers that is compressed once: whole blocks that refer to nothing before them (RFC 1951).

    `appended` leads from the CRC-32 of what stands before to that of both.
    """

    deflated: bytes
    check: int
    length: int
    appended: "Matrix"

    @property
    def plain(self) -> bytes:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(self.deflated)


# A linear map over the bits of a CRC-32: the image of each bit.
Matrix = tuple[int, ...]


def init_app(app: Flask) -> None:
    app.after_request(_compress)


def takes(coding: str = "gzip") -> bool:
    """Whether the browser of this request takes a content coding."""
    return request.accept_encodings[coding] > 0


def piece(plain: bytes) -> Piece:
    return Piece(_blocks(plain), zlib.crc32(plain), len(plain), _appending(len(plain)))


def packed(parts: Iterable[Piece | bytes]) -> bytes:
    """The parts as one gzip file. Bytes stand in it as they are: so a secret shares no block with anything."""
    check, size, body = 0, 0, [_HEADER]
    for part in parts:
        if isinstance(part, Piece):
            check, size = _image(part.appended, check) ^ part.check, size + part.length
            body.append(part.deflated)
        else:
            check, size = zlib.crc32(part, check), size + len(part)
            body.append(_stored(part))
    return b"".join([*body, _LAST_BLOCK, struct.pack("<LL", check, size & 0xFFFFFFFF)])


def _image(matrix: Matrix, bits: int) -> int:
    found = 0
    for image in matrix:
        if bits & 1:
            found ^= image
        bits >>= 1
        if not bits:
            break
    return found


# The polynomial of CRC-32, and 1. The highest bit is the constant term.
_POLYNOMIAL, _ONE = 0xEDB88320, 1 << 31


def _shifted(value: int) -> int:
    """A polynomial times x, modulo that of CRC-32."""
    return value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)


def _product(one: int, other: int) -> int:
    found = 0
    while one:
        if one & _ONE:
            found ^= other
        one, other = one << 1 & 0xFFFFFFFF, _shifted(other)
    return found


@lru_cache(maxsize=64)
def _power(exponent: int) -> int:
    """x to the power of 2 ** exponent (crc32_combine of zlib, by Mark Adler)."""
    return _shifted(_ONE) if exponent == 0 else _product(_power(exponent - 1), _power(exponent - 1))


def _appending(length: int) -> Matrix:
    """The change of a CRC-32 by so many bytes of zeros: a multiplication by x for each bit of them."""
    image = _ONE
    for exponent in range(length.bit_length()):
        if length >> exponent & 1:
            image = _product(_power(exponent + 3), image)
    found = [image]
    while len(found) < 32:
        found.append(_shifted(found[-1]))
    return tuple(reversed(found))


def _blocks(plain: bytes) -> bytes:
    packer = zlib.compressobj(KEPT_LEVEL, wbits=-zlib.MAX_WBITS)
    return packer.compress(plain) + packer.flush(zlib.Z_FULL_FLUSH)


def _stored(plain: bytes) -> bytes:
    parts = [plain[start : start + _STORED_MAX] for start in range(0, len(plain), _STORED_MAX)]
    return b"".join(struct.pack("<BHH", 0, len(part), len(part) ^ 0xFFFF) + part for part in parts)


def _compress(response: Response) -> Response:
    if not response.mimetype.startswith(COMPRESSIBLE) or response.content_encoding:
        return response
    response.vary.add("Accept-Encoding")
    if response.is_streamed or response.direct_passthrough or not takes() or not _is_own_choice(response):
        return response
    if len(response.get_data()) >= SMALLEST_BYTES:
        send_packed(response, gzip.compress(response.get_data(), LEVEL, mtime=0))
    return response


def send_packed(response: Response, body: bytes, coding: str = "gzip") -> None:
    """Replace the body of an answer by this one, which is compressed."""
    response.set_data(body)
    response.content_encoding = coding
    tag, is_weak = response.get_etag()
    if tag is not None and not is_weak:
        response.set_etag(tag, weak=True)  # the bytes differ from those of the plain answer


def _is_own_choice(response: Response) -> bool:
    """Whether no other site chose what this answer contains.

    Without a query, an address that a page has is one of few; errors repeat any address. A browser that does not say
    where a request comes from gets its searches uncompressed.
    """
    if request.method != "GET" or response.status_code != 200:
        return False
    return request.headers.get("Sec-Fetch-Site") in OWN or not request.query_string
