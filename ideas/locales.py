"""Language and time zone of a receiver. The edge knows the available languages; the domain only stores the codes."""

from dataclasses import dataclass

LANGUAGE_MAX = 10


@dataclass(frozen=True)
class Locale:
    """A language ("de") and a time zone ("Europe/Berlin"); None if unknown."""

    language: str | None = None
    time_zone: str | None = None


UNKNOWN = Locale()
DEFAULT_LANGUAGE = "en"
