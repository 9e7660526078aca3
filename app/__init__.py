"""The HTTP edge: the factory that puts the application together."""

from pathlib import Path

from flask import Flask
from sqlalchemy.orm import configure_mappers

import config
from app import mails, views
from app.pages import brands, link_cards
from app.platform import (
    announcements,
    assets,
    bell,
    commands,
    compression,
    countdown,
    csrf,
    errors,
    hosts,
    hyphens,
    i18n,
    installation,
    limits,
    logs,
    metrics,
    page_cache,
    parts,
    postgres,
    proxy,
    redis,
    rendering,
    retention,
    security,
    slugs,
    startup,
    stored_files,
)
from app.trial import runner
from app.viewers import identity, join_codes, result_links
from ideas import encryption, notifications, signing  # noqa: F401 (the recorders of notifications listen from here on)
from ideas.database import db
from realtime import attach


def create_app(settings: dict[str, object] | None = None, *, async_mode: str = "threading") -> Flask:
    """Build the application; `settings` overrides what the environment says.

    `async_mode` names the server that will run it: eventlet, gevent or threading.
    """
    app = Flask(
        "app",
        root_path=str(config.ROOT / "app"),
        template_folder=str(config.ROOT / "templates"),
        static_folder=None,
        instance_path=str(config.instance_folder()),
    )
    app.config.from_mapping(config.settings())
    app.config.from_mapping(settings or {})
    app.config["ASYNC_MODE"] = async_mode
    signing.use_folder(Path(app.config["INSTANCE"]))
    encryption.use_secret(app.config["SECRET_KEY"] or "")
    platform = (
        logs,
        metrics,
        compression,  # it changes an answer after the parts below
        hosts,
        assets,
        stored_files,  # before the part that reads the body
        csrf,
        i18n,
        identity,
        redis,
        limits,
        mails,
        rendering,
        hyphens,
        countdown,
        page_cache,
        bell,
        announcements,
        installation,
        retention,
        parts,
        security,
        commands,
        errors,
        slugs,
        startup,
        postgres,
    )
    for part in (*platform, runner, join_codes, result_links, link_cards, brands, views):
        part.init_app(app)
    db.init_app(app)
    if async_mode in startup.SERVERS:
        configure_mappers()  # the first visitor would wait a tenth of a second for it, and everybody with them
    else:
        _init_commands(app)
    attach(app, async_mode)
    proxy.init_app(app)  # outermost: sockets come through the proxy too
    return app


def _init_commands(app: Flask) -> None:
    """Add what only commands need. A server does not load it."""
    from app import cli
    from app.platform.migrating import migrate

    cli.init_app(app)
    migrate.init_app(app, db)
