"""`backup` archives a live SQLite database and its uploaded files; `restore` puts them back; `restored` follows a
database that was put back by hand.
"""

import contextlib
import os
import secrets
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import click
from flask import current_app
from sqlalchemy import select

from app.cli import archives
from app.cli.refusals import command_of
from app.pages.operator import BACKUPS
from app.platform.startup import MIGRATIONS, locked
from ideas import availability, clock
from ideas.database import db, write
from ideas.models import Chained, ChainEnd

FAULTS_NAMED = 3  # of the files that are missing, in one line
BESIDE = ("-wal", "-shm")  # what SQLite writes beside a database; it belongs to this one file


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@command_of
def backup(file: Path | None) -> None:
    """Write a consistent copy of the database and its uploaded files to FILE, one archive, while the server runs.

    Without FILE it goes into the folder "backups" of the installation, named by the time.
    """
    if db.engine.dialect.name != "sqlite":
        raise click.ClickException(
            "This database is PostgreSQL: use pg_dump, then copy the folder of FILES_PATH (docs/operating.md)."
        )
    file = file or _dated()
    if file.exists():
        raise click.ClickException(f"{file} exists already; nothing was written.")
    # Under other names until it is complete: half an archive must not look like a backup.
    part, snapshot = file.with_name(f".{file.name}.part"), file.with_name(f".{file.name}.part-db")
    try:
        part.unlink(missing_ok=True)
        faults = archives.write_archive(part, snapshot, str(db.engine.url.database))
        part.rename(file)
    except (sqlite3.Error, OSError) as error:
        raise click.ClickException(f"{file} can't be written: {error}.") from error
    finally:
        for left in (part, snapshot):
            left.unlink(missing_ok=True)
    click.echo(f"Written: {file}", err=True)
    _tell_faults(faults, "could not be saved")


def _tell_faults(faults: Sequence[str], what: str) -> None:
    """:raise ClickException: if there are any faults, so that whoever runs the command at night hears of them"""
    if not faults:
        return
    named = ", ".join(faults[:FAULTS_NAMED]) + (" …" if len(faults) > FAULTS_NAMED else "")
    raise click.ClickException(f"{len(faults)} uploaded files {what}: {named}. See: flask --app wsgi journal check")


def _dated() -> Path:
    folder = Path(current_app.config["INSTANCE"]) / BACKUPS
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    return folder / f"schwarm-{_now()}.tar"


def _now() -> str:
    return clock.now().strftime("%Y-%m-%dT%H-%M-%S")


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@command_of
def restore(file: Path) -> None:
    """Put the backup FILE in the place of the database, while no server runs. The present one is moved aside.

    Uploaded files of the backup that are not in FILES_PATH are put there; none is removed.
    """
    if db.engine.dialect.name != "sqlite" or not db.engine.url.database:
        raise click.ClickException("This database is PostgreSQL: docs/operating.md says how to restore it.")
    database = Path(db.engine.url.database).resolve()
    with _database_in(file, database) as source:
        revision = _revision_of_backup(source, database, file)
        descriptor = locked(database)
        try:
            with _copied(source, database) as part:
                _require_unused(database)
                faults = archives.put_files(file, database) if source != file else []
                faults += archives.missing_files(part)
                aside = _move_aside(database)
                part.replace(database)
        except (sqlite3.Error, tarfile.TarError, OSError) as error:
            raise click.ClickException(f"Not restored: {error}.") from error
        finally:
            os.close(descriptor)
    click.echo(f"Restored: {file}. What happened after it was made is gone from the database.", err=True)
    if aside is not None:
        click.echo(f"The database until now: {aside}. Delete it when you need it no more.", err=True)
    if revision != availability.newest_revision(MIGRATIONS):
        click.echo("The backup is of an older version. First run: flask --app wsgi prepare --without-demo", err=True)
    click.echo("Now start the server; open pages will reload.", err=True)
    _tell_faults(sorted(set(faults)), "of the backup are missing or damaged")


@contextmanager
def _database_in(file: Path, database: Path) -> Iterator[Path]:
    """The database of a backup: taken out of the archive for as long as it is needed, or the file itself, as backups
    were before there were uploaded files.
    """
    if not archives.is_archive(file):
        yield file
        return
    taken = database.with_name(f".{database.name}.from-backup")
    try:
        archives.take_database(file, taken)
        yield taken
    except tarfile.TarError as error:
        raise click.ClickException(f"{file} is damaged: {error}.") from error
    except KeyError as error:
        raise click.ClickException(f"{file} is no backup of Schwarm: there is no database in it.") from error
    finally:
        for rest in (*BESIDE, ""):
            Path(f"{taken}{rest}").unlink(missing_ok=True)


def _revision_of_backup(source: Path, database: Path, file: Path) -> str:
    """Check that a database is a whole backup of an installation that this program can serve. `file` is where it came
    from. :return: its revision.
    """
    if database.exists() and source.samefile(database):
        raise click.ClickException(f"{file} is the database itself.")
    log = Path(f"{source}-wal")
    if log.exists() and log.stat().st_size:
        raise click.ClickException(f"{file} is the copy of a live database and no backup: {log} lies beside it.")
    try:
        with closing(sqlite3.connect(f"file:{quote(str(source.resolve()))}?mode=ro&immutable=1", uri=True)) as backup:
            [(found,)] = backup.execute("SELECT version_num FROM alembic_version")
            backup.execute(f"SELECT epoch FROM {_holder_of_epochs(backup)} LIMIT 1")  # noqa: S608 (one of two names)
            [[said], *_] = backup.execute("PRAGMA integrity_check(1)").fetchall()
    except (sqlite3.Error, ValueError) as error:
        raise click.ClickException(f"{file} is no backup of Schwarm: {error}.") from error
    if said != "ok":
        raise click.ClickException(f"{file} is damaged: {said}")
    if found not in availability.known_revisions(MIGRATIONS):
        raise click.ClickException(f"{file} is of a newer version (revision {found}). Install that version first.")
    return str(found)


def _holder_of_epochs(database: sqlite3.Connection) -> str:
    """The table with the epochs; a backup of a version before revision 0060 has them in another one."""
    has_chains = database.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'chain'").fetchone()
    return "chain" if has_chains else "challenge"


@contextmanager
def _copied(file: Path, database: Path) -> Iterator[Path]:
    """A copy of the backup beside the database, with new epochs and the owner of the folder, whole on the disk."""
    part = database.with_name(f".{database.name}.part")
    try:
        shutil.copyfile(file, part)
        part.chmod(0o600)
        archives.give_to_server(part, database)
        with closing(sqlite3.connect(part)) as copy:
            copy.execute("PRAGMA journal_mode=DELETE")  # so that nothing of it lies beside the file
            copy.execute(f"UPDATE {_holder_of_epochs(copy)} SET epoch = lower(hex(randomblob(8)))")  # noqa: S608
            copy.commit()
        with part.open("rb") as written:
            os.fsync(written.fileno())
        yield part
    finally:
        part.unlink(missing_ok=True)


def _require_unused(database: Path) -> None:
    """Refuse while any other process has the database open, such as a server without the lock. Its log is written into
    it meanwhile, so that it is whole where it is moved to; a damaged one is moved as it is.
    """
    db.session.remove()
    db.engine.dispose()
    if not database.exists() or not _is_database(database):
        return
    try:
        with closing(sqlite3.connect(database, timeout=0)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")  # SQLite permits it to the only connection
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise click.ClickException(f"Another process uses {database}. Stop it first.") from error
    except sqlite3.DatabaseError:
        return


def _is_database(file: Path) -> bool:
    """Whether it begins like one. SQLite would delete what lies beside a file that does not."""
    with file.open("rb") as read:
        return read.read(16) == b"SQLite format 3\0"


def _move_aside(database: Path) -> Path | None:
    """Rename the present database and what lies beside it. :return: its new place; None if there is none."""
    aside = database.with_name(f"{database.name}.before-{_now()}")
    # First what lies beside it: SQLite would write that into whichever database it finds there.
    for rest in (*BESIDE, ""):
        with contextlib.suppress(FileNotFoundError):
            Path(f"{database}{rest}").rename(f"{aside}{rest}")
    return aside if aside.exists() else None


@click.command("restored")
@command_of
def restored() -> None:
    """Tell open pages that a backup was restored, so that they reload."""
    with write() as transaction:
        session = transaction.session
        for kind in Chained.__subclasses__():  # owners are locked before their chains, as everywhere
            session.scalars(select(kind).order_by(kind.id).with_for_update()).all()
        for chain in session.scalars(select(ChainEnd)):
            chain.epoch = secrets.token_hex(8)
    click.echo("All open pages will reload.", err=True)
