"""Hints that a job wants to be talked about elsewhere: a plain list of what to look for, which anybody can read.

A hint proves nothing. It makes the person who publishes say that nobody has to get in touch outside.
"""

import re
from collections.abc import Iterable

# The names of services in which people write or call.
SERVICES = ("WhatsApp", "Telegram", "Discord", "Skype", "Viber", "WeChat", "Threema")

HINTS_MAX = 5

_ADDRESS = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_NUMBER = r"(?<![\w.,])(?:\+|00?)[1-9](?:[ /()-]{0,2}\d){6,14}(?![\w])"
_LINK = r"\b(?:wa\.me|t\.me)/[\w/+-]+"
_HINT = re.compile(rf"{_ADDRESS}|{_NUMBER}|{_LINK}|\b(?:{'|'.join(SERVICES)})\b", re.IGNORECASE)


def contact_hints(texts: Iterable[str]) -> list[str]:
    """What reads like an address, a telephone number or a messenger, as it stands in the texts, each once."""
    found = (hint.group() for text in texts for hint in _HINT.finditer(text))
    return list(dict.fromkeys(found))[:HINTS_MAX]
