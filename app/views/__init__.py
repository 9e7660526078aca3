"""A blueprint per noun. Every view is thin: parse, one service call, respond."""

from flask import Flask
from werkzeug.routing import BaseConverter

from app.views import (
    accounts,
    acts,
    announcements,
    arguments,
    awards,
    ballots,
    brands,
    bringing,
    challenges,
    console,
    deletions,
    devices,
    flags,
    groups,
    guides,
    home,
    idea_cards,
    ideas,
    inviting,
    journals,
    jury,
    mail_links,
    merging,
    metrics,
    my_page,
    news,
    next_rounds,
    numbers,
    offline,
    operator,
    operator_accounts,
    operator_floors,
    operator_settings,
    organisations,
    outcomes,
    own_account,
    own_data,
    participants,
    phases,
    pictures,
    posting,
    queue,
    reports,
    result_cards,
    result_charts,
    results,
    rooms,
    screens,
    sharing,
    statistics,
    steering,
    templates,
    texts,
    turns,
)

NOUNS = (
    accounts,
    acts,
    announcements,
    arguments,
    awards,
    ballots,
    brands,
    bringing,
    challenges,
    console,
    deletions,
    devices,
    flags,
    groups,
    guides,
    home,
    idea_cards,
    ideas,
    inviting,
    journals,
    jury,
    mail_links,
    merging,
    metrics,
    my_page,
    news,
    next_rounds,
    numbers,
    offline,
    operator,
    operator_accounts,
    operator_floors,
    operator_settings,
    organisations,
    outcomes,
    own_account,
    own_data,
    participants,
    phases,
    pictures,
    posting,
    queue,
    reports,
    result_cards,
    result_charts,
    results,
    rooms,
    screens,
    sharing,
    statistics,
    steering,
    templates,
    texts,
    turns,
)


class Number(BaseConverter):
    """The id of a record. A longer number matches no route, so no database query is needed."""

    regex = r"[0-9]{1,18}"
    weight = 50

    def to_python(self, value: str) -> int:
        return int(value)


def init_app(app: Flask) -> None:
    app.url_map.converters["int"] = Number
    for noun in NOUNS:
        app.register_blueprint(noun.blueprint)
