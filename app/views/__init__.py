"""A blueprint per noun. Every view is thin: parse, one service call, respond."""

from flask import Flask

from app.views import (
    accounts,
    arguments,
    ballots,
    challenges,
    console,
    home,
    ideas,
    organisations,
    participants,
    results,
    rooms,
    texts,
)

NOUNS = (
    accounts,
    arguments,
    ballots,
    challenges,
    console,
    home,
    ideas,
    organisations,
    participants,
    results,
    rooms,
    texts,
)


def init_app(app: Flask) -> None:
    for noun in NOUNS:
        app.register_blueprint(noun.blueprint)
