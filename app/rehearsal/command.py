"""The work of the `rehearse` command: read the conversation, play it, report losses."""

import asyncio
import contextlib
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import click

from app.cli.refusals import sentence
from app.rehearsal.browser import Unexpected
from app.rehearsal.play import ArgueAct, JudgeAct, Play, SubmitAct, play_of
from app.rehearsal.run import rehearse as run
from app.rehearsal.server import DidNotStart, Served, own_server
from app.rehearsal.verdict import Verdict
from ideas.errors import BrokenFile
from ideas.polis import Conversation, read_conversation

SHOWN = 10


def rehearse_conversation(
    folder: Path, participants: int, minutes: float, turns: int, url: str | None, owner_token: str | None
) -> None:
    """Rehearse the conversation in `folder` and exit with 1 if anything was lost.

    :raise ClickException: if the conversation can't be read or the rehearsal could not be played.
    """
    try:
        conversation = read_conversation(folder)
    except BrokenFile as error:
        raise click.ClickException(sentence(error)) from error
    if not conversation.votes:
        raise click.ClickException("Nobody voted in this conversation: there is nothing to play.")
    play = play_of(conversation, participants, minutes * 60)
    click.echo(
        f"{len(play.parts)} participants, {play.count(SubmitAct)} ideas, {play.count(JudgeAct)} votes, "
        f"{play.count(ArgueAct)} arguments in {minutes:g} minutes"
        + (f"; {play.left_out} statements without a text are left out" if play.left_out else "")
    )
    try:
        with _server(url, owner_token) as served:
            verdict = _played(served, conversation, play, turns)
    except* (Unexpected, DidNotStart, OSError) as failed:
        raise click.ClickException(f"The rehearsal could not be played: {_first(failed)}") from None
    _tell(verdict)
    sys.exit(0 if verdict.is_good else 1)


@contextlib.contextmanager
def _server(url: str | None, token: str | None) -> Iterator[Served]:
    if url and token:
        yield Served(url.rstrip("/"), token.rstrip("/").rpartition("/")[2])
    else:
        with own_server() as served:
            yield served


def _played(served: Served, conversation: Conversation, play: Play, turns: int) -> Verdict:
    with click.progressbar(length=play.acts, label="Rehearsal", file=sys.stderr) as bar:
        acted = partial(bar.update, 1)
        return asyncio.run(run(served.url, served.token, conversation.topic, play, acted, turns=turns))


def _first(failed: BaseException) -> BaseException:
    while isinstance(failed, BaseExceptionGroup):
        failed = failed.exceptions[0]
    return failed


def _tell(verdict: Verdict) -> None:
    click.echo(f"ideas    {verdict.ideas} handed in")
    click.echo(f"marks    {verdict.acknowledged} acknowledged, {verdict.stored} stored (the latest of each counts)")
    talk = verdict.talk
    click.echo(f"talk     {talk.arguments} arguments and replies")
    if talk.offered:
        click.echo(
            f"turns    {talk.ideas} ideas: {talk.offered} offered, {talk.done} done ({talk.answers} answers), "
            f"{talk.passed} passed, {talk.lapsed} lapsed, {talk.void} void, {talk.replaced} replaced"
        )
    click.echo(f"errors   {len(verdict.problems)}, and {verdict.repeats} that a repetition mended")
    click.echo(f"latency  p50 {verdict.p50_ms:.0f} ms, p99 {verdict.p99_ms:.0f} ms from cast to acknowledgement")
    found_of = {
        "missing": verdict.missing,
        "doubled": verdict.doubled,
        "miscounted": verdict.miscounted,
        "lost": talk.lost,
        "uneven": talk.uneven,
        "error": verdict.problems,
    }
    for what, found in found_of.items():
        for line in found[:SHOWN]:
            click.echo(f"{what}: {line}", err=True)
        if len(found) > SHOWN:
            click.echo(f"… and {len(found) - SHOWN} more", err=True)
    if not (verdict.missing or verdict.doubled):
        click.echo("check    every acknowledged mark is stored, once")
    if talk.offered and talk.is_good:
        click.echo("fair     no turn is lost, and ideas have as many respondents as there were people for them")
    if not verdict.miscounted:
        click.echo("counts   every idea has the counts of the conversation")
