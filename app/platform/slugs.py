"""The slug of a challenge in an address: `/challenges/halve-packaging-waste/ballot`.

Views and `url_for` know the challenge by its id: in a rule, `<challenge:challenge_id>` stands for the slug. A slug that
no challenge has gives the id 0, which no challenge has either; so the two look alike to a view.
"""

from typing import Any

from flask import Flask, current_app, g
from werkzeug.routing import BaseConverter

from ideas import events
from ideas.addresses import challenge_at
from ideas.database import db
from ideas.models import AddressKind, Challenge

NOBODY = 0
SLUGS_KEPT = 10_000


class Slug(str):
    """A slug as it stands in the address of a request."""


class SlugConverter(BaseConverter):
    # A number is no slug: addresses with the number of a challenge are others (app/views/numbers.py).
    regex = r"(?=[0-9-]*[A-Za-z])[A-Za-z0-9-]{1,80}"

    def to_python(self, value: str) -> Slug:
        return Slug(value.lower())

    def to_url(self, value: int | str) -> str:
        return str(value) if isinstance(value, str) else slug_of(value)


def init_app(app: Flask) -> None:
    app.extensions["schwarm-slugs"] = {}
    app.url_map.converters["challenge"] = SlugConverter
    app.url_value_preprocessor(_look_up)


def _forget(_event: events.ChallengeDeleted) -> None:
    """Forget the slugs: the number of a deleted challenge may be given again."""
    current_app.extensions["schwarm-slugs"].clear()


events.subscribe(events.ChallengeDeleted, _forget)


def _look_up(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Replace the slug of the request by the id of its challenge."""
    g.slug = None
    if values and isinstance(slug := values.get("challenge_id"), Slug):
        g.slug, values["challenge_id"] = slug, _challenge_id_of(slug)


def _challenge_id_of(slug: Slug) -> int:
    """A slug stays with its challenge from the publication on, so that each is looked up once."""
    settled: dict[str, int] = current_app.extensions["schwarm-slugs"]
    if slug not in settled:
        challenge = challenge_at(db.session(), AddressKind.SLUG, slug)
        if challenge is None:
            return NOBODY
        if challenge.published_at is None:
            return challenge.id
        if len(settled) >= SLUGS_KEPT:
            settled.clear()
        settled[slug] = challenge.id
    return settled[slug]


def slug_in_address() -> str | None:
    """The slug in the address of this request; None on an address without one."""
    slug: str | None = g.get("slug")
    return slug


def know(slugs: dict[int, str]) -> None:
    """Note the slugs of a list, `{challenge id: slug}`, so that its links cost no statement each."""
    g.setdefault("slugs", {}).update(slugs)


def slug_of(challenge_id: int) -> str:
    """The slug of a challenge; its number if there is no such challenge."""
    known: dict[int, str] = g.setdefault("slugs", {})
    if challenge_id not in known:
        challenge = db.session.get(Challenge, challenge_id) if challenge_id else None
        if challenge is None:
            return str(challenge_id)
        known[challenge_id] = challenge.slug
    return known[challenge_id]
