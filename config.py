"""Settings, read from the environment once, with defaults that a laptop can serve with."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent


class WrongSetting(RuntimeError):
    """A setting that can't hold; the message is one sentence for the operator."""


def instance_folder() -> Path:
    """The folder for everything an installation keeps: database, secret, texts."""
    return Path(os.environ.get("INSTANCE_PATH", ROOT / "instance")).resolve()


def _database_url(instance: Path) -> str:
    url = os.environ.get("DATABASE_URL") or f"sqlite:///{instance / 'schwarm.db'}"
    # Operators paste the URL from their database host; SQLAlchemy also needs the driver's name. pg8000 was the driver
    # before, and may stand in their settings.
    for prefix in ("postgres://", "postgresql://", "postgresql+pg8000://"):
        if url.startswith(prefix):
            return "postgresql+psycopg2://" + url.removeprefix(prefix)
    return url


def _number(name: str, default: int) -> int:
    """:raise WrongSetting: if it is no whole number."""
    try:
        return int(os.environ.get(name) or default)
    except ValueError:
        raise WrongSetting(f"{name} must be a whole number.") from None


def _words(name: str) -> list[str]:
    """A list in one variable, in lower case; commas or spaces separate its words."""
    return os.environ.get(name, "").lower().replace(",", " ").split()


def settings() -> dict[str, object]:
    """The configuration of one process, as a Flask config mapping."""
    instance = instance_folder()
    public_url = os.environ.get("PUBLIC_URL", "").rstrip("/")
    return {
        "INSTANCE": instance,
        "SECRET_KEY": os.environ.get("SECRET_KEY") or _kept_secret(instance),
        "SQLALCHEMY_DATABASE_URI": _database_url(instance),
        # How many connections a process opens to PostgreSQL at most, beside the one that listens.
        "DATABASE_CONNECTIONS": _number("DATABASE_CONNECTIONS", 20),
        "ALLOW_SECOND_SERVER": os.environ.get("ALLOW_SECOND_SERVER") == "1",
        "PUBLIC_URL": public_url,
        "ALLOWED_HOSTS": _words("ALLOWED_HOSTS"),
        "REGISTRATION": os.environ.get("REGISTRATION", ""),
        # The addresses of the accounts that operate the installation, as soon as they are confirmed.
        "OPERATORS": _words("OPERATORS"),
        "TRUSTED_PROXIES": _number("TRUSTED_PROXIES", 0),
        "MAIL_SERVER": os.environ.get("MAIL_SERVER", ""),
        "MAIL_PORT": _number("MAIL_PORT", 25),
        "MAIL_USERNAME": os.environ.get("MAIL_USERNAME"),
        "MAIL_PASSWORD": os.environ.get("MAIL_PASSWORD"),
        "MAIL_USE_TLS": os.environ.get("MAIL_USE_TLS") == "1",
        "MAIL_USE_SSL": os.environ.get("MAIL_USE_SSL") == "1",
        "MAIL_UTF8": os.environ.get("MAIL_UTF8") == "1",
        "MAIL_DOMAINS": _words("MAIL_DOMAINS"),
        "MAIL_SENDER": os.environ.get("MAIL_SENDER", "schwarm@localhost"),
        # The act on every closed challenge, "anonymise" or "delete", so many days after its close.
        "RETENTION": os.environ.get("RETENTION", ""),
        "RETENTION_DAYS": _number("RETENTION_DAYS", 0),
        # Where uploaded files lie; "": the folder "files" of the installation. Several machines share it.
        "FILES_PATH": os.environ.get("FILES_PATH", ""),
        # The most MiB of one uploaded file, and of all files of one order together.
        "FILE_MEGABYTES_MAX": _number("FILE_MEGABYTES_MAX", 50),
        "ORDER_MEGABYTES_MAX": _number("ORDER_MEGABYTES_MAX", 200),
        # The ends of the names that are taken; none: those of ideas/file_store.py.
        "FILE_TYPES": _words("FILE_TYPES"),
        # A program that looks at each upload: it gets the path, and answers 0 for clean and 1 for infected.
        "SCAN_COMMAND": os.environ.get("SCAN_COMMAND", ""),
        "REDIS_URL": os.environ.get("REDIS_URL", ""),
        # The interval at which the server pings a silent socket, and the time limit for its answer. A person who lost
        # the connection counts as gone after twice this and one beat.
        "PING_SECONDS": _number("PING_SECONDS", 20),
        # How long a process that is asked to end goes on while /readyz says 503, for proxies that ask now and then.
        "DRAIN_SECONDS": _number("DRAIN_SECONDS", 0),
        # The most connections of this process; 0: as many as the limit of open files permits.
        "CONNECTIONS_MAX": _number("CONNECTIONS_MAX", 0),
        # What a request for /metrics must carry; without it there is no such page.
        "METRICS_TOKEN": os.environ.get("METRICS_TOKEN", ""),
        # How the log is written: as text, or "json" with one object a line.
        "LOG_FORMAT": os.environ.get("LOG_FORMAT") or "text",
        # The least important entries that the log of a server has: debug, info, warning or error.
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "").lower() or "warning",
        # A folder for compiled templates. Without it each process compiles its own, which takes a second.
        "TEMPLATE_CACHE": os.environ.get("TEMPLATE_CACHE", ""),
        "SESSION_COOKIE_NAME": "schwarm",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": public_url.startswith("https://"),
        "PERMANENT_SESSION_LIFETIME": 365 * 24 * 3600,
        "WTF_CSRF_TIME_LIMIT": None,  # a phone in a pocket for two weeks must still be able to post
        # An image of 20 MiB and a form around it; a larger request is refused before it is read.
        "MAX_CONTENT_LENGTH": 21 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 512 * 1024,
        "BABEL_DEFAULT_LOCALE": "en",
        "BABEL_TRANSLATION_DIRECTORIES": str(ROOT / "app" / "translations"),
    }


def _kept_secret(instance: Path) -> str | None:
    """The secret that `flask prepare` made on the first run; None if it did not run."""
    path = instance / "secret_key"
    return path.read_text().strip() if path.exists() else None
