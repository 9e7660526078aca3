"""PostgreSQL: the migrations make its tables, and the most important behaviour is the same as on SQLite."""

import asyncio
import json
import queue
import re
import socket
import subprocess
import sys
import threading
import time
from datetime import timedelta

import aiohttp
import flask_migrate
import pytest
from sqlalchemy import create_engine, event, func, make_url, select, table, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from app.platform import postgres as platform
from ideas import clock, policy
from ideas.actor import Actor
from ideas.availability import is_away
from ideas.blueprints import PhasePlan
from ideas.changes import Changes
from ideas.database import db
from ideas.models import (
    Activity,
    Anonymity,
    Award,
    Challenge,
    Facilitation,
    Flag,
    FlagKind,
    Juror,
    Participant,
    Result,
    Retention,
    RetentionAct,
    TieRule,
)
from ideas.people import new_person
from ideas.prizes import PrizePlan, PrizeRules
from ideas.queries.acts import ActQuery, acts_of, moderation_facts
from ideas.queries.awards import awards_in, last_award, order_of, proposed, version_of
from ideas.queries.ballots import own_ballot
from ideas.queries.flags import flagged_count, flagged_texts
from ideas.queries.ideas import idea_rows
from ideas.queries.jurors import jury_progress_of
from ideas.queries.news import news_of
from ideas.queries.winners import award_rows
from ideas.services import (
    awards,
    ballots,
    deleting,
    facilitations,
    flags,
    guests,
    jurors,
    leaving,
    moderation,
    own_account,
    retention,
    rounds,
    scoring,
    steering,
)
from ideas.services.merging import merge_ideas, unmerge_idea
from realtime import hints
from realtime.hints import HintListener
from tests import factories, juries
from tests.doubles import partly_here
from tests.realtime.conftest import make_room
from tests.servers import Server, cookie_of
from tests.sockets import run

SILENT = (
    PhasePlan("write", (Activity.WRITE,), others_visible=False, seconds=300),
    PhasePlan("debate", (Activity.DEBATE,)),
    PhasePlan("vote", (Activity.VOTE,)),
)


@pytest.fixture
def address(postgres):
    return postgres.new_database()


@pytest.fixture
def server(address, tmp_path):
    served = Server(tmp_path, DATABASE_URL=address)
    with served.app.app_context():
        yield served
        db.session.remove()
        db.engine.dispose()
    served.stop()
    served.detach()


def test_the_migrations_match_the_models_and_can_be_reverted(server):
    flask_migrate.check()  # fails if a model differs

    flask_migrate.downgrade(revision="base")
    left = db.inspect(db.engine).get_table_names()
    flask_migrate.upgrade()

    assert left == ["alembic_version"]
    assert set(db.metadata.tables) <= set(db.inspect(db.engine).get_table_names())


@pytest.mark.acceptance
def test_the_content_of_a_room_survives_every_migration_down_and_up(server):
    room = factories.used_room()
    before = rows()
    assert all(before[name] for name in ("account", "idea", "argument", "mark", "journal", "notification")), before

    db.session.remove()
    flask_migrate.downgrade(revision="0002")
    below = rows()
    flask_migrate.upgrade()

    after = rows()
    assert after.keys() == before.keys()
    kept = below.keys() & before.keys()
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert factories.journal_holds() == []
    factories.close(room)


def rows() -> dict[str, int]:
    """`{table: its rows}`"""
    with db.engine.connect() as connection:
        names = db.inspect(connection).get_table_names()
        return {name: connection.scalar(select(func.count()).select_from(table(name))) for name in names}


def test_notifications_are_kept_and_read(server):
    room = factories.room(phases=factories.STEPS)
    author = factories.participant(room)
    idea = factories.idea(room, author)
    factories.step(room, "debate")
    for _ in range(2):
        factories.argument(idea, factories.participant(room))

    assert [row.reason for row in news_of(db.session(), author.actor)] == ["idea_argued", "phase_opened"]


def test_a_round_runs_from_the_silent_phase_to_the_result(server):
    room = factories.room(phases=SILENT)
    people = [factories.participant(room) for _ in range(4)]
    found = [factories.idea(room, person) for person in people]
    assert idea_rows(db.session(), room.round) == []
    steering.pause_phase(room.owner, room.round_id)
    steering.resume_phase(room.owner, room.round_id)

    rounds.step_to_phase(room.owner, room.round_id, 1)
    assert {row.id for row in idea_rows(db.session(), room.round)} == set(found)
    factories.argument(found[0], people[1])
    rounds.step_to_phase(room.owner, room.round_id, 2)
    command = factories.cast(room, people[0], {found[1]: 1, found[2]: -1})
    first, again = ballots.cast_ballot(command), ballots.cast_ballot(command)
    assert (first.error, again.dup) == (None, True)
    factories.mark(room, people[1], {found[0]: 1, found[2]: 1})
    factories.mark(room, people[1], {found[2]: 0})
    guide = people[3]
    facilitations.share_facilitation(room.owner, room.id, guide.id)
    rounds.close_round(guide.actor, room.round_id)

    with pytest.raises(ballots.CastRefused, match="closed"):
        factories.mark(room, people[2], {found[0]: 1})
    assert db.session.scalar(select(func.count()).select_from(Result)) == 1
    assert db.session.get(Facilitation, (room.id, guide.actor.person_id)) is not None
    assert room.round.turnout == 2
    assert factories.journal_holds() == []


@pytest.mark.acceptance
def test_marks_are_cast_over_the_socket(server):
    server.start()
    room = make_room(server)
    idea = room.submit(room.people[0])

    async def story():
        async with room.caller(room.people[1]) as voter, room.caller(room.people[2]) as other:
            answers = await asyncio.gather(
                *(voter.call("cast", room.cast(idea, v, n=n)) for n, v in enumerate((1, -1)))
            )
            assert all(answer["ok"] for answer in answers)
            await other.hear("figures")

    run(story())
    assert factories.journal_holds() == []
    assert "Traceback" not in server.log()


def test_the_name_of_the_server_is_looked_up_before_the_driver_connects(address, monkeypatch):
    """The driver would look it up in C. It knows no such name, so it can connect only with the address."""
    url = make_url(address).set(host="database.invalid")
    asked = []

    def look(host, port, **_):
        asked.append((host, port))
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in ("127.0.0.9", "127.0.0.1")]

    with pytest.raises(OperationalError):
        create_engine(url).connect()
    monkeypatch.setattr(socket, "getaddrinfo", look)
    engine = create_engine(url, poolclass=NullPool)
    event.listen(engine, "do_connect", platform.look_up)
    with engine.connect() as connection:
        told = connection.connection.driver_connection.info
        name, addresses = told.host, told.dsn_parameters["hostaddr"]

    assert asked == [("database.invalid", url.port)]
    assert (name, addresses) == ("database.invalid", "127.0.0.9,127.0.0.1")


def test_an_unknown_name_of_the_server_is_an_absent_database(address, monkeypatch):
    def look(*_, **__):
        raise socket.gaierror("Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", look)
    engine = create_engine(make_url(address).set(host="database.invalid"), poolclass=NullPool)
    event.listen(engine, "do_connect", platform.look_up)

    with pytest.raises(OperationalError, match=r"database\.invalid") as raised:
        engine.connect()

    assert is_away(raised.value)


@pytest.mark.parametrize("mode", partly_here(["eventlet", "gevent"], "eventlet"))
def test_a_slow_query_lets_others_run(server, mode):
    """Five queries of a second each, at once. Where the driver stops the server, another task runs about five times."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.reliability.slow_queries"],
        env=server.environment | {"ASYNC_MODE": mode},
        capture_output=True,
        check=True,
        text=True,
    )

    assert int(ran.stdout) > 15


def test_people_who_wait_for_a_locked_table_stall_nobody_else(server):
    """Several pages wait for a second and more; casts, the health check and other pages go on meanwhile."""
    server.start()
    room = make_room(server)
    idea = room.submit(room.people[0])
    casts = [room.cast(idea, n % 2 or -1, n=n) for n in range(1, 11)]
    voter = room.caller(room.people[1])

    async def story():
        async with voter, aiohttp.ClientSession(headers=room.caller(room.facilitator).headers) as http:
            with db.engine.connect() as other:
                other.execute(db.text("LOCK TABLE notification IN ACCESS EXCLUSIVE MODE"))
                slow = [asyncio.create_task(status_of(http, f"{server.url}/news")) for _ in range(4)]
                await asyncio.sleep(0.2)
                for cast in casts:
                    answer = await voter.call("cast", cast)
                    assert answer["ok"]
                    assert await status_of(http, f"{server.url}/healthz") == 200
                assert not any(task.done() for task in slow), "they wait for the lock"
                other.rollback()
            assert set(await asyncio.gather(*slow)) == {200}

    run(story())
    assert "Traceback" not in server.log()


async def status_of(http, address):
    async with http.get(address) as answer:
        return answer.status


def listen(server, sleep, on_hint):
    """Listen for hints on a thread of its own. :return: the thread"""

    def work():
        with server.app.app_context():
            HintListener(server.app, sleep, on_hint).listen()
            db.session.remove()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_a_listener_asks_itself_whether_hints_arrive(server, monkeypatch):
    monkeypatch.setattr(hints, "ASK_SECONDS", 0.1)
    heard, asked = queue.Queue(), []
    listening = listen(server, lambda _: asked.append(1), heard.put)
    assert heard.get(timeout=20) is None

    time.sleep(0.5)  # it asks several times
    assert listening.is_alive()
    with db.engine.connect() as other:
        other.execute(db.text("SELECT pg_notify('schwarm_changes', '[\"another\", [7]]')"))
        other.commit()
    assert heard.get(timeout=20) == {7}
    db.session.execute(
        db.text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    )
    listening.join(20)
    assert not listening.is_alive()


def test_a_listener_without_hints_says_so_once(server, monkeypatch, caplog):
    """A pooler in transaction mode takes LISTEN and brings nothing; here the question goes to another channel."""
    monkeypatch.setattr(hints, "ASK_SECONDS", 0.1)
    monkeypatch.setattr(hints, "ASKED", ("elsewhere", hints.ASKED[1]))
    pauses = []
    listener = HintListener(server.app, pauses.append, lambda _: None)

    for _ in range(2):
        listener.listen()

    assert pauses == [hints.DEAF_SECONDS] * 2
    assert caplog.text.count("PostgreSQL brings no hints") == 1


def test_two_servers_write_to_one_room_at_once(server, address, tmp_path):
    """Each server waits for the lock of the other. Rows that it read before it got the lock are stale.

    Everybody joins with two copies of one command, one for each server; strangers are persons only after it.
    """
    (tmp_path / "second").mkdir()
    second = Server(tmp_path / "second", DATABASE_URL=address)
    servers = [server.start(), second.start()]
    try:
        room = make_room(server, people=0, anonymity="for_good")
        code = policy.access_of(db.session(), room.facilitator, room.challenge_id).challenge.code
        crowd = [cookie_of(server.app, guest().person_id) for _ in range(6)] + [""] * 6
        urls = [server.url for server in servers]

        async def story():
            async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
                await asyncio.gather(*(join(http, urls, code, cookie, f"Bee {n}") for n, cookie in enumerate(crowd)))

        run(story())
        db.session.rollback()
        joined = select(func.count()).select_from(Participant).filter_by(challenge_id=room.challenge_id)
        assert db.session.scalar(joined) == len(crowd)
        assert factories.journal_holds() == []
    finally:
        second.stop()
        second.detach()
    assert "Traceback" not in server.log() + second.log(), server.log() + second.log()


def guest():
    with factories.write() as transaction:
        return Actor(new_person(transaction.session).id)


async def join(http, urls, code, cookie, name):
    """Open the join page at the first server, and send its form to all of them at once."""
    async with http.get(f"{urls[0]}/join/{code}", headers={"Cookie": cookie}) as door:
        page = await door.text()
    fields = dict(re.findall(r'<input type="hidden" name="(csrf_token|op|pass)" value="([^"]+)"', page))
    fresh = door.headers.get("Set-Cookie", "").split(";")[0] or cookie

    async def send(url):
        headers = {"Cookie": fresh, "Referer": url}
        async with http.post(
            f"{url}/join/{code}", data={**fields, "name": name}, headers=headers, allow_redirects=False
        ) as answer:
            assert answer.status == 303, await answer.text()

    await asyncio.gather(*map(send, urls))


def test_people_leave_accounts_end_and_what_is_due_is_done(server, monkeypatch):
    holder, company = factories.account(), factories.company()
    kept = Retention(RetentionAct.ANONYMISE, 60)
    hidden, named = factories.sealed_room(of=company), factories.room(company, retention=kept)
    for room in (hidden, named):
        author, voter = factories.participant(room, "Amsel"), factories.participant(room, "Biene", actor=holder)
        factories.mark(room, voter, {factories.idea(room, author, "Words", image=factories.picture()): 1})
        leaving.leave_challenge(author.actor, room.id, leaving.Parting.TEXTS)
        factories.close(room)
    own_account.close_account(holder, leaving.Parting.TEXTS)

    for days in (31, 61):
        later = clock.now() + timedelta(days=days)
        monkeypatch.setattr(clock, "now", lambda at=later: at)
        retention.run_due()
        assert factories.journal_holds() == []

    assert [room.round.is_forgotten for room in (hidden, named)] == [True, True]
    assert set(db.session.scalars(select(Participant.name))) == {""}
    deleting.delete_organisation(company.owner, company.id, "Mill & Oven")
    assert db.session.scalar(select(func.count()).select_from(Participant)) == 0


def test_a_look_for_changes_sees_what_is_committed_and_nothing_else(address):
    engine, other = (create_engine(address) for _ in range(2))
    watched = Changes(lambda: engine)
    with other.begin() as connection:
        connection.execute(text("CREATE TABLE noted (n INTEGER)"))
    before = watched.state()
    with other.connect() as reader:
        assert reader.scalar(text("SELECT count(*) FROM noted")) == 0
    assert before is not None
    assert watched.state() == before

    with other.connect() as writer:
        writer.execute(text("INSERT INTO noted VALUES (1)"))
        open_one = watched.state()
        assert watched.state() == open_one
        writer.commit()

    assert watched.state() not in (before, open_one)
    watched.close()
    engine.dispose()
    other.dispose()


def test_ideas_are_merged_and_separated(server):
    """The marks that waited come back, and those that stood for them go."""
    room = factories.room()
    one, other = (factories.idea(room, factories.participant(room)) for _ in range(2))
    voter = factories.participant(room)
    factories.mark(room, voter, {one: 1, other: -1})

    merge_ideas(room.owner, one, other)
    merged = own_ballot(db.session(), room.question_id, voter.id)
    db.session.rollback()
    unmerge_idea(room.owner, one)

    assert merged == {factories.entry_id(other): -1}
    assert own_ballot(db.session(), room.question_id, voter.id) == {
        factories.entry_id(one): 1,
        factories.entry_id(other): -1,
    }
    assert factories.journal_holds() == []


def test_texts_are_flagged_and_decided_and_all_acts_are_listed(server):
    room = factories.room()
    author, reader, account = factories.participant(room), factories.participant(room), factories.account()
    holder = factories.participant(room, actor=account)
    one, other = (factories.idea(room, author) for _ in range(2))
    for who, idea in ((reader, one), (holder, one), (reader, other)):
        flags.flag_idea(who.actor, idea, flags.FlagForm(FlagKind.INSULTING, "Rude"))
    guests.adopt_guest(reader.actor.person_id, account.account_id)
    assert [(text.flags, text.weight) for text in flagged_texts(db.session(), room.round)] == [(1, 1), (1, 1)]
    assert flagged_count(db.session(), room.round) == 2
    db.session.rollback()

    factories.keep(room, room.owner, f"idea-{one}")
    moderation.hide_idea(room.owner, other, "Insults someone")

    log = acts_of(db.session(), room.round.challenge, ActQuery(50, search="insults"))
    assert [row.kind for row in log.rows] == ["hide"]
    assert moderation_facts(db.session(), room.round)["reports_rejected"] == 1
    assert [row.reason for row in news_of(db.session(), account)] == ["report_answered", "report_answered"]
    assert factories.journal_holds() == []
    db.session.rollback()
    deleting.delete_challenge(room.owner, room.id, room.round.challenge.title)
    assert db.session.scalar(select(func.count()).select_from(Flag)) == 0


def test_awards_are_given_claimed_withdrawn_and_deleted(server):
    prizes = PrizeRules((PrizePlan("First", 500_00), PrizePlan("Second", 250_00)), tie=TieRule.DRAWN)
    room = factories.room(prizes=prizes, anonymity=Anonymity.FOR_GOOD)
    authors = [factories.participant(room) for _ in range(2)]
    ideas = [factories.idea(room, author) for author in authors]
    awards.mark_decisive(room.owner, factories.argument(ideas[0], authors[1]), "It convinced us.")
    factories.mark(room, factories.participant(room), dict.fromkeys(ideas, 1))
    factories.close(room)
    proposals = proposed(db.session(), room.round, order_of(db.session(), room.round))
    awards.give_awards(room.owner, room.round_id, seen=version_of(db.session(), room.round, proposals))
    first, second = awards_in(db.session(), room.id)
    winner = next(author for author in authors if author.id == first.parts[0].participant_id)
    awards.claim_award(winner.actor, first.id, "The crate person")
    awards.withdraw_award(room.owner, second.id, "A mistake", seen=last_award(db.session(), room.round))
    awards.give_anew(
        room.owner, second.id, second.entry_id, "Right after all", seen=last_award(db.session(), room.round)
    )

    rows = award_rows(db.session(), room.round.challenge)

    assert [(row.cents, row.stands) for row in rows] == [(500_00, True), (250_00, False), (250_00, True)]
    assert rows[0].parts[0].name == "The crate person"
    deleting.delete_challenge(room.owner, room.id, room.round.challenge.title)
    assert db.session.scalars(select(Award)).all() == []


def test_a_jury_scores_conflicts_ends_and_is_counted(server):
    room = juries.room(jury_percent=50)
    author = factories.participant(room)
    one, other = (factories.idea(room, author) for _ in range(2))
    entries = [factories.entry_id(idea) for idea in (one, other)]
    judges = [juries.juror(room) for _ in range(4)]
    jurors.invite_juror_by_mail(room.owner, room.round_id, "luchs@example.org")
    for n, judge in enumerate(judges):
        for entry in entries:
            juries.score(room, judge, entry, n, 3, note="Mine")
    scoring.declare_conflict(judges[0].actor, room.round_id, entries[0])
    merge_ideas(room.owner, one, other)
    unmerge_idea(room.owner, one)
    jurors.remove_juror(room.owner, room.round_id, judges[3].id)
    guests.adopt_guest(judges[2].actor.person_id, factories.account().account_id)
    assert (factories.journal_holds(), jury_progress_of(db.session(), room.round).jurors) == ([], 3)
    factories.close(room)

    db.session.rollback()
    body = json.loads(db.session.get_one(Result, room.round_id).body)
    assert [criterion["jurors"] for criterion in body["criteria"]] == [3, 3]
    assert factories.journal_holds() == []
    title = db.session.get_one(Challenge, room.id).title
    deleting.delete_challenge(room.owner, room.id, title)
    assert db.session.scalars(select(Juror)).all() == []
