"""Where a request ends. A request that says it in two ways is refused before the next one on its line is read.

A proxy and this server could otherwise disagree, and the end of one person's request become the begin of another's
(request smuggling; RFC 9112, section 6.3 and 11.2).
"""

from email.errors import MissingHeaderBodySeparatorDefect
from email.message import Message


def is_ambiguous(headers: "Message[str, str]") -> bool:
    """Whether two readers of these headers could find two ends of the body."""
    if any(isinstance(defect, MissingHeaderBodySeparatorDefect) for defect in headers.defects):
        return True  # a line like "Content-Length : 5", which is a header for other readers
    lengths = headers.get_all("Content-Length", [])
    codings = headers.get_all("Transfer-Encoding", [])
    if codings:
        return bool(lengths) or [coding.strip().lower() for coding in codings] != ["chunked"]
    return len(lengths) > 1 or any(not (length.isascii() and length.isdigit()) for length in lengths)
