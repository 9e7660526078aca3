"""Language and time zone of a receiver. The edge says which languages there are; the domain only keeps the words."""

from dataclasses import dataclass

LANGUAGE_MAX = 10


@dataclass(frozen=True)
class Locale:
    """A language ("de") and a time zone ("Europe/Berlin"); None for what is not known."""

    language: str | None = None
    time_zone: str | None = None


UNKNOWN = Locale()
DEFAULT_LANGUAGE = "en"
