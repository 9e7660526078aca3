"""Every view declares who may use it; these tests try each address with every kind of visitor."""

import itertools
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.platform.csrf import FROM_MAIL
from ideas import clock
from ideas.database import db, write
from ideas.mail_queue import queue
from ideas.models import (
    Act,
    Exchange,
    Image,
    Mail,
    MailKind,
    Member,
    Participant,
    Role,
    Stance,
    Turn,
    TurnRole,
    Visibility,
)
from ideas.permissions import For, permissions_of
from ideas.queries.jurors import open_invitations
from ideas.services import bringing, facilitations, jurors, moderation, participants, sharing, templates
from ideas.services.jobs import ask_about_job
from ideas.services.orders import ApplicationForm, apply_for_job
from tests import factories, jobs, juries
from tests.doubles import partly_here


def doors_of(app) -> list[tuple[str, str, For | None]]:
    """Every address with a method that it serves, and the permission that its view declares for it."""
    return sorted(
        (rule.rule, method, permissions_of(app.view_functions[rule.endpoint]).get(method))
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    )


# "guide" is a guest who takes part and was made a facilitator.
VISITORS = ("stranger", "guest", "participant", "guide", "barred", "elsewhere", "moderator", "owner", "viewer")

# The answer of a GET to each visitor: + a page, S a redirect to sign-in, J to the join page, D to the door that asks
# for the code, > elsewhere; else the status.
ANSWERS = {
    For.ANYONE:      "+   +   +   +   +   +   +   +   +",
    For.TOKEN:       "404 404 404 404 404 404 404 404 404",  # no visitor holds the token that is tried
    For.CODE:        "+   +   >   >   403 +   +   +   +",
    For.ACCOUNT:     "S   S   S   S   S   +   +   +   +",
    For.PERSON:      "S   +   +   +   +   +   +   +   +",
    For.SIGNED_OUT:  "+   +   +   +   +   >   >   >   >",
    For.INSIDE:      "403 403 +   +   403 403 +   +   403",
    For.NUMBER:      "404 404 >   >   >   404 >   >   404",
    For.PARTICIPANT: "403 403 +   +   403 403 403 403 403",
    For.OWN:         "403 403 +   +   +   403 403 403 403",
    For.AUTHOR:      "403 403 +   404 403 403 404 404 403",
    For.JUROR:       "S   404 404 404 404 404 404 404 404",  # no visitor is on the jury
    For.FACILITATOR: "S   403 403 +   403 403 +   +   403",
    For.READER:      "S   S   S   S   S   404 +   +   +",
    For.MODERATOR:   "S   S   S   S   S   404 +   +   403",
    For.OWNER:       "S   S   S   S   S   404 403 +   403",
    For.OPERATOR:    "404 404 404 404 404 404 404 404 404",  # no visitor operates the installation
    For.AUDIENCE:    "409 409 409 409 409 409 409 409 409",  # sealed, because the round is open
}  # fmt: skip

# A room by link answers visitors outside the room with 404.
OUTSIDE = {"stranger": "404", "guest": "404", "elsewhere": "404", "viewer": "404"}
HIDDEN_BY_LINK = {For.INSIDE, For.PARTICIPANT, For.OWN, For.AUTHOR, For.AUDIENCE}

# A page with the slug leads them to the join page of a listed room, and to the door of every other.
SLUG = "<challenge:challenge_id>"
IN_ROOM = {For.INSIDE, For.PARTICIPANT, For.OWN, For.AUTHOR}
TO_JOIN = {"stranger": "J", "guest": "J", "elsewhere": "J", "viewer": "J"}
TO_DOOR = {"stranger": "D", "guest": "D", "elsewhere": "D", "viewer": "D"}

# Addresses that answer otherwise than their permission says, each for a reason.
EXCEPTIONS = {
    # The list of organisations redirects to the only one; a new challenge without an organisation to creating one.
    "/organisations": {"elsewhere": ">", "moderator": ">", "owner": ">", "viewer": ">"},
    "/challenges/new": {"elsewhere": ">", "moderator": ">", "owner": ">", "viewer": ">"},
    # A published challenge has no steps: its settings stand on one page.
    "/challenges/<challenge:challenge_id>/steps/<any(challenge, way, people, conditions, check):step>": {
        "guide": ">",
        "moderator": ">",
        "owner": ">",
    },
    # Facilitators who do not take part are redirected to the room.
    "/challenges/<challenge:challenge_id>/ballot": {"moderator": ">", "owner": ">"},
    "/challenges/<int:challenge_id>/ballot": {"moderator": ">", "owner": ">"},  # its parts
    # The phase is none for a discussion in turns.
    "/challenges/<challenge:challenge_id>/turns": dict.fromkeys(("participant", "guide", "moderator", "owner"), ">"),
    "/challenges/<int:challenge_id>/turns": dict.fromkeys(("participant", "guide", "moderator", "owner"), ">"),
    # A code below the start page redirects to the join page; nobody's picture has this side.
    "/<code>": dict.fromkeys(VISITORS, "J"),
    "/icon-<int:side>.png": dict.fromkeys(VISITORS, "404"),
    # A running ranking is sealed, except in a live ranking.
    "/challenges/<challenge:challenge_id>/live-ranking": dict.fromkeys(
        ("participant", "guide", "moderator", "owner"), "409"
    ),
    "/challenges/<int:challenge_id>/live-ranking": dict.fromkeys(("participant", "guide", "moderator", "owner"), "409"),
    # Nothing that files belong to lets these visitors read.
    "/files/<int:file_id>": dict.fromkeys(VISITORS[1:], "404"),
    "/files/<int:file_id>/preview": dict.fromkeys(VISITORS[1:], "404"),
    # An order is there for its worker and for the members of the organisation.
    "/orders/<int:order_id>": {"elsewhere": "404"},
    "/orders/<int:order_id>/waiver": dict.fromkeys(VISITORS[5:], "404"),  # only its worker
    # A picture is no page: a hidden picture answers 404.
    "/images/<int:image_id>": {"stranger": "404", "guest": "404", "barred": "404", "elsewhere": "404", "viewer": "404"},
    # The result is sealed for facilitators too.
    "/challenges/<challenge:challenge_id>/result.<form>": {
        "guide": "409",
        "moderator": "409",
        "owner": "409",
    },
    # Ideas get an answer after the close.
    "/challenges/<challenge:challenge_id>/outcomes": {"moderator": "409", "owner": "409"},
    # A result card is there after the close.
    "/challenges/<challenge:challenge_id>/my-result": dict.fromkeys(("participant", "guide", "barred"), "409"),
    # A next round begins after the close.
    "/challenges/<challenge:challenge_id>/next-round": {"guide": "409", "moderator": "409", "owner": "409"},
    # Awards are given after the close, so there is none.
    "/awards/<int:award_id>/withdrawal": {"moderator": "404", "owner": "404", "viewer": "404"},
    "/awards/<int:award_id>/replacement": {"moderator": "404", "owner": "404", "viewer": "404"},
    "/awards/<int:award_id>/names/<int:part_id>": {"moderator": "404", "owner": "404", "viewer": "404"},
    "/awards/<int:award_id>/claim": dict.fromkeys(VISITORS, "404"),
    "/awards/<int:award_id>/certificate/<int:part_id>": dict.fromkeys(VISITORS, "404"),
    # The tried format shows no ballots, so it has no warning.
    "/challenges/<challenge:challenge_id>/result/<form>/warning": {"owner": "404"},
    # Scores of jurors are shown after the close.
    "/challenges/<challenge:challenge_id>/result/jurors": {"moderator": "409", "owner": "409", "viewer": "409"},
}


def expected(rule: str, permission: For, visibility: Visibility) -> dict[str, str]:
    answers = dict(zip(VISITORS, ANSWERS[permission].split(), strict=True))
    answers |= EXCEPTIONS.get(rule.removesuffix("/parts"), {})
    if visibility == Visibility.LINK:
        if permission in HIDDEN_BY_LINK:
            answers |= OUTSIDE if permission != For.AUDIENCE else OUTSIDE | {"viewer": answers["viewer"]}
        elif permission == For.FACILITATOR:
            answers |= {"guest": "404", "elsewhere": "404", "viewer": "404"}
    return answers | (_with_slug(permission, visibility) if SLUG in rule else {})


def _with_slug(permission: For, visibility: Visibility) -> dict[str, str]:
    if permission in (
        For.OWNER,
        For.MODERATOR,
        For.READER,
        For.JUROR,
    ):  # an account that is no member learns nothing, and others are asked to sign in
        return {}
    if permission == For.FACILITATOR:  # a browser with a guest may belong to a moderator who is signed out
        return dict.fromkeys(("guest", "participant", "barred"), "S")
    if permission == For.AUDIENCE:  # a viewer is told, as people inside are, that the result is sealed
        return (
            {name: door for name, door in TO_DOOR.items() if name != "viewer"} if visibility == Visibility.LINK else {}
        )
    if visibility == Visibility.LINK:
        return TO_DOOR
    return TO_JOIN if permission in IN_ROOM else {}


class World:
    """A room with a record for every part of an address, and every kind of visitor."""

    def __init__(self, app, browser_of, visibility: Visibility) -> None:
        company = factories.company()
        self.visibility = visibility
        self.room = juries.room(of=company, visibility=visibility)
        author, guide, barred = (factories.participant(self.room) for _ in range(3))
        idea = factories.idea(self.room, author, image=factories.picture())
        remark = factories.argument(idea, author)
        facilitations.share_facilitation(self.room.owner, self.room.id, guide.id)
        participants.bar_participant(self.room.owner, self.room.id, barred.id, "")
        moderator, colleague = (factories.member(company.id, company.owner) for _ in range(2))
        moderation.hide_argument(self.room.owner, factories.argument(idea, author), "")
        self.values: dict[str, object] = {
            "account_id": moderator.account_id,
            "act": "retirement",
            "announcement_id": 1,
            "argument_id": remark,
            "award_id": 1,  # a running round has none
            "challenge_id": self.room.id,
            "chart": "drop-out",
            "code": self.room.code,
            "colour": "0d7f6f",
            "entry_id": factories.entry_id(idea),
            **_turn_of(self.room, author, factories.entry_id(idea)),
            "file_id": bringing.keep_file(company.owner, self.room.id, "ideas.csv", b"Title,Text\nRye,dark\n"),
            "filename": "css/main.css",
            "form": "csv",
            "idea_id": idea,
            "image_id": db.session.scalars(db.select(Image.id)).one(),
            "invitation_id": _invited(self.room),
            **_job_of(company),
            "kind": "svg",
            "link_id": sharing.make_link(self.room.owner, self.room.id, "Newsletter"),
            "juror_id": juries.juror(self.room).id,
            "mail_id": _waiting_mail(moderator.account_id),
            "member_id": db.session.scalars(db.select(Member.id).filter_by(account_id=colleague.account_id)).one(),
            "organisation_id": company.id,
            "notification_id": 1,  # of somebody else or nobody
            "part_id": 1,
            "person_id": 1,  # nobody moderates by an invitation
            "participant_id": author.id,
            "rest": "ballot",
            "role": "company",
            "round_id": self.room.round_id,
            "seq": db.session.scalar(db.select(db.func.max(Act.seq))),
            "side": 1,
            "step": "challenge",
            "signature": "nobody-holds-this",
            "template_id": templates.save_template(company.owner, self.room.id, "A template"),
            "token": "nobody-holds-this",
            "version": "1",
            "year": 2026,
            "due_id": 1,  # nothing is owed yet
            "waiting_id": 1,  # a running round has none
            "wave_id": factories.wave(self.room, author),
        }
        self.browsers = {"stranger": app.test_client()} | {
            name: browser_of(who)
            for name, who in {
                "guest": factories.guest(),
                "participant": author,
                "guide": guide,
                "barred": barred,
                "elsewhere": factories.company(name="Elsewhere").owner,
                "moderator": moderator,
                "owner": company.owner,
                "viewer": factories.member(company.id, company.owner, Role.VIEWER),
            }.items()
        }
        self._rules = {(rule.rule, method): rule for rule in app.url_map.iter_rules() for method in rule.methods}

    def address(self, rule: str, method: str) -> str:
        found = self._rules[rule, method]
        _, path = found.build({name: self.values[name] for name in found.arguments})
        return path


def _turn_of(room: factories.Room, person: factories.Somebody, entry: int) -> dict[str, object]:
    """An open turn of a person in a discussion of an idea."""
    with write() as transaction:
        exchange = Exchange(round_id=room.round_id, entry_id=entry, wanted=2, seconds=120, begun_at=clock.now())
        turn = Turn(
            round_id=room.round_id, exchange=exchange, participant_id=person.id, offered_at=clock.now(), place=0
        )
        turn.role, turn.stance, turn.open_for = TurnRole.RESPOND, Stance.AGAINST, person.id
        transaction.session.add(turn)
        transaction.session.flush()
        return {"turn_id": turn.id, "exchange_id": exchange.id}


def _job_of(company: factories.Company) -> dict[str, object]:
    """A public job with a question and an order."""
    job, worker = jobs.opened(company, places=3), jobs.worker()
    question = ask_about_job(worker, job.id, "Why?")
    order = apply_for_job(worker, job.id, ApplicationForm("Ada"))
    return {"job_code": job.code, "question_id": question, "order_id": order}


def _invited(room: factories.Room) -> int:
    """An open invitation to the jury. :return: its id."""
    jurors.invite_juror(room.owner, room.round_id)
    return open_invitations(db.session(), room.round_id)[0].id


def _waiting_mail(account_id: int) -> int:
    with write() as transaction:
        queue(transaction.session, MailKind.CONFIRM, account_id)
    return db.session.scalars(db.select(Mail.id)).all()[-1]


def answer_to(response) -> str:
    if response.status_code == 200:
        return "+"
    if response.status_code in (302, 303):
        if response.location.startswith("/join?next="):
            return "D"
        return {"/sign-in": "S", "/join": "J"}.get("/" + response.location.split("/")[1].split("?")[0], ">")
    return str(response.status_code)


@pytest.fixture(params=partly_here(Visibility, Visibility.LISTED))
def world(request, app, browser_of, noise):
    return World(app, browser_of, request.param)


@pytest.fixture
def listed(app, browser_of, noise):
    """One kind of room is enough if the test does not depend on it."""
    return World(app, browser_of, Visibility.LISTED)


def test_every_view_declares_who_may_use_it(app):
    doors = doors_of(app)

    assert [(rule, method) for rule, method, permission in doors if permission is None] == []
    assert {permission for _, _, permission in doors} == set(For)


# The ballot page records the entries that it deals; this is the only write of a GET.
READS = ('INSERT INTO "exposure"', 'INSERT INTO "reads"')


def test_a_get_opens_only_for_the_declared_visitors_and_writes_nothing(app, world):
    before = _without_reads(_content(app))
    wrong = {}
    for rule, method, permission in doors_of(app):
        if method != "GET":
            continue
        found, wanted = _answers(world, rule), expected(rule, permission, world.visibility)
        if found != wanted:
            wrong[rule] = {
                name: f"{found[name]}, not {wanted[name]}" for name in VISITORS if found[name] != wanted[name]
            }

    assert wrong == {}
    assert _without_reads(_content(app)) == before


def test_a_head_is_answered_like_a_get_and_does_nothing(app, listed):
    before = _without_reads(_content(app))
    wrong = {}
    for browser in listed.browsers.values():
        browser.follows_numbers = False
    views = [rule for rule, method, _ in doors_of(app) if method == "GET"]
    for rule, name in zip(views, itertools.cycle(("owner", "participant", "stranger"))):
        address = listed.address(rule, "GET")
        head, get = (listed.browsers[name].open(address, method=method) for method in ("HEAD", "GET"))
        if (head.status_code, head.data) != (get.status_code, b""):
            wrong[rule, name] = head.status_code, get.status_code

    assert wrong == {}
    assert _without_reads(_content(app)) == before


def _without_reads(content: list[str]) -> list[str]:
    return [statement for statement in content if not statement.startswith(READS)]


def _answers(world: World, rule: str) -> dict[str, str]:
    address, found = world.address(rule, "GET"), {}
    for name, browser in world.browsers.items():
        browser.follows_numbers = False
        found[name] = answer_to(browser.get(address))
    return found


REFUSED = {"S", "403", "404"}

# Visitors whose posts must be refused, however the others are answered.
NOT_LET_IN = {
    For.TOKEN: set(VISITORS),
    For.ACCOUNT: {"stranger", "guest", "participant", "guide", "barred"},
    For.PERSON: {"stranger"},
    For.PARTICIPANT: {"stranger", "guest", "barred", "elsewhere", "moderator", "owner", "viewer"},
    For.OWN: {"stranger", "guest", "elsewhere", "moderator", "owner", "viewer"},
    For.AUTHOR: {"stranger", "guest", "guide", "barred", "elsewhere", "moderator", "owner", "viewer"},
    For.JUROR: set(VISITORS),
    For.FACILITATOR: {"stranger", "guest", "participant", "barred", "elsewhere", "viewer"},
    For.MODERATOR: {"stranger", "guest", "participant", "guide", "barred", "elsewhere", "viewer"},
    For.READER: {"stranger", "guest", "participant", "guide", "barred", "elsewhere"},
    For.OWNER: {"stranger", "guest", "participant", "guide", "barred", "elsewhere", "moderator", "viewer"},
    For.OPERATOR: set(VISITORS),
    For.CODE: {"barred"},
    For.NUMBER: {"stranger", "guest", "elsewhere", "viewer"},
}

# Values for every form, so that no post is refused for a missing field.
FIELDS = {
    "client": "0a7d3c55-58f5-4b0c-a7d0-9d7a6c6f8e22",
    "n": "1",
    **dict.fromkeys(("title", "text", "name", "reason", "words", "label"), "Typed"),
    "stance": "for",
    "entry": "1",
    "value": "1",
    "places": "0",
    "position": "0",
    "seed_ideas": "Typed by the company",
    "phases": "1",
    "phase-0-name": "Typed",
    "phase-0-until": "open",
    "seconds": "60",
    "n1": "7",
    "role": "owner",
    "language": "en",
    "blueprint": "open_contest",
    "visibility": "link",
    "anonymity": "named",
    "capacity": "100",
    "password": "long enough password",
    "share": "link",
    "seen": "off",
}


def test_a_post_by_a_visitor_outside_its_row_changes_nothing(app, listed):
    wrong = {}
    before, seen = _content(app), _versions()
    for rule, method, permission in doors_of(app):
        if method != "POST":
            continue
        for name in NOT_LET_IN.get(permission, ()):
            answer = answer_to(listed.browsers[name].post(listed.address(rule, "POST"), data=FIELDS))
            if answer not in REFUSED:
                wrong[rule, name] = answer
        if _versions() != seen:  # to compare the content takes a tenth of a second
            after, seen = _content(app), _versions()
            if after != before:
                wrong[rule, "all"] = "something was written"
                before = after

    assert wrong == {}


def test_a_post_by_a_visitor_of_its_row_is_accepted(listed):
    """Show that the test above could fail: permitted visitors send the same posts."""
    name = db.session.get_one(Participant, listed.values["participant_id"]).name
    seen = {  # what the facilitator saw
        "/ideas/<int:idea_id>/hiding": {"version": "1"},
        "/ideas/<int:idea_id>/restoration": {"version": "1"},
        "/challenges/<int:challenge_id>/participants/<int:participant_id>/name": {"was": name},
    }
    let_in = []
    for rule, who in (
        ("/challenges/<int:challenge_id>/ideas", "participant"),
        ("/ideas/<int:idea_id>/hiding", "moderator"),
        ("/ideas/<int:idea_id>/restoration", "owner"),
        ("/ideas/<int:idea_id>/edit", "participant"),
        ("/rounds/<int:round_id>/phase", "moderator"),
        ("/challenges/<challenge:challenge_id>/phases", "moderator"),
        ("/challenges/<challenge:challenge_id>/seed-ideas", "moderator"),
        ("/rounds/<int:round_id>/phase", "guide"),
        ("/challenges/<int:challenge_id>/participants/<int:participant_id>/name", "guide"),
        ("/organisations/<int:organisation_id>", "owner"),
        ("/organisations/<int:organisation_id>/challenges/new", "moderator"),
    ):
        response = listed.browsers[who].post(listed.address(rule, "POST"), data=FIELDS | seen.get(rule, {}))
        let_in.append((rule, response.status_code in (302, 303) and "sign-in" not in response.location))

    assert [rule for rule, was in let_in if not was] == []


def _versions() -> list[tuple[int, int]]:
    """Size and time of the files of the database: they change with each commit that writes."""
    db.session.rollback()
    file = Path(db.engine.url.database)
    return [(f.stat().st_size, f.stat().st_mtime_ns) for f in (file, file.with_name(f"{file.name}-wal")) if f.exists()]


def _content(app) -> list[str]:
    """The whole content of the database, as statements."""
    db.session.rollback()
    with closing(sqlite3.connect(db.engine.url.database)) as connection:
        return list(connection.iterdump())


def test_every_post_needs_a_csrf_token(app, listed):
    app.config["WTF_CSRF_ENABLED"] = True
    before = _content(app)
    open_doors = {}
    from_mail = {rule.rule for rule in app.url_map.iter_rules() if rule.endpoint in FROM_MAIL}
    for rule, method, _ in doors_of(app):
        if method != "POST" or rule in from_mail:
            continue
        for name in ("stranger", "participant", "owner"):
            status = listed.browsers[name].post(listed.address(rule, "POST"), data=FIELDS).status_code
            if status != 400:
                open_doors[rule, name] = status

    assert open_doors == {}
    assert _content(app) == before


def test_every_response_has_security_headers(listed):
    for rule in ("/", f"/challenges/{SLUG}", "/images/<int:image_id>", "/static/<version>/<path:filename>"):
        headers = listed.browsers["participant"].get(listed.address(rule, "GET")).headers

        policy = headers["Content-Security-Policy"]
        assert policy.startswith(("default-src 'self'", "default-src 'none'"))
        assert "unsafe" not in policy
        assert "http" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "public" not in headers.get("Cache-Control", "") or rule.startswith("/static")
