"""The main pages in the states that are hard to lay out: long words, empty, full, ties, few votes."""

from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit

import flask_migrate
from sqlalchemy import select

from app.platform.invitation_links import address_digest, token_of, way_out
from app.viewers import mail_links, return_links
from ideas import clock
from ideas.blueprints import LIVE_BRAINSTORM, CriterionPlan, PhasePlan, QuestionPlan
from ideas.conditions import Conditions
from ideas.database import db, write
from ideas.job_terms import JobWords
from ideas.mail_queue import queue
from ideas.models import (
    Account,
    Activity,
    Anonymity,
    Decision,
    Entry,
    FlagKind,
    InvitationKind,
    Job,
    Mail,
    MailKind,
    MailState,
    PersonalInvitation,
    PostingStep,
    Readers,
    Retention,
    RetentionAct,
    Rights,
    Role,
    Seat,
    Stance,
    TieRule,
    Turn,
    TurnState,
    Visibility,
)
from ideas.models.account import TokenPurpose
from ideas.people import new_nonce
from ideas.prizes import PrizePlan, PrizeRules
from ideas.queries import awards as awards_query
from ideas.services import (
    accounts,
    awards,
    bringing,
    dues,
    flags,
    grouping,
    installation,
    inviting,
    jobs,
    jurors,
    merging,
    moderation,
    operators,
    orders,
    organisations,
    outcomes,
    participants,
    payees,
    rounds,
    scoring,
    sharing,
    steering,
    turns,
    waves,
)
from ideas.services.ballot_files import release_ballots
from ideas.services.flags import FlagForm
from ideas.services.ideas import IdeaForm, edit_idea, submit_idea
from ideas.services.readiness import measure_readiness
from ideas.services.turns import Chosen, TurnsForm
from tests import crowds, factories, juries, minds, verdicts
from tests import jobs as made_jobs
from tests.reported import closed_round
from tests.servers import ROOT, Server, storage_of

LONG_WORD = "Lebensmittelverpackungsverzichte"  # 32 letters

Places = dict[str, tuple[str, dict[str, object]]]

# The names for the tests; `make_places` makes each page.
PLACES = (
    "home",
    "home, found",
    "home, nothing fits",
    "home, decided",
    "my page",
    "my page, of a guest",
    "offline",
    "sign-in",
    "sign-up",
    "sign-up, mailed",
    "join",
    "no room",
    "door",
    "nothing",
    "room",
    "room, empty",
    "room, voting",
    "room, silent",
    "room, steered",
    "idea, sealed",
    "idea, steered",
    "idea",
    "own idea",
    "idea, writing",
    "turn",
    "turn, answer",
    "turn, waiting",
    "turn, away",
    "turn, discussed",
    "turns, console",
    "edit",
    "versions",
    "me",
    "news",
    "news, empty",
    "news, choices",
    "news, address",
    "news, one challenge",
    "mails, off",
    "mails, address",
    "account",
    "hand over",
    "ballot",
    "ballot, empty",
    "dashboard",
    "dashboard, empty",
    "form",
    "posting, challenge",
    "posting, way",
    "posting, people",
    "posting, conditions",
    "posting, check",
    "posting, picture",
    "posting, preview",
    "templates",
    "template, new",
    "form, seed ideas",
    "phases",
    "seed ideas",
    "gallery",
    "result, gallery",
    "preview",
    "share",
    "share, closed",
    "idea cards",
    "idea cards, none",
    "logo and colour",
    "statistics",
    "statistics, empty",
    "result, charts",
    "console",
    "console, steering",
    "console, silent",
    "console, hands",
    "queue",
    "queue, list",
    "queue, refused",
    "queue, empty",
    "queue, reported",
    "acts, open",
    "hide",
    "close",
    "result",
    "result, nobody voted",
    *(f"result, {rule}" for rule in crowds.RULES if rule != "approval"),
    "result, two questions",
    "result, few voted",
    "result, minds changed",
    "result, jury",
    "result, jury agreed",
    "result, jury too few",
    "scores of jurors",
    "join, jury",
    "explanation, grades",
    "explanation, ranked",
    "live ranking",
    "form, questions",
    "console, voting",
    "lobby",
    "lobby, console",
    "lobby, console, nobody",
    "brainstorm",
    "brainstorm, console",
    *(f"ballot, {rule}" for rule in crowds.RULES if rule != "approval"),
    "ballot, two questions",
    "ballot, first look",
    "ballot, first look, marked",
    "room, first look",
    "ballot, marks",
    "spotlight",
    "redact",
    "unvoted",
    "rename",
    "remove",
    "share moderation",
    "hand over moderation",
    "take back",
    "readmit",
    "restore argument",
    "redact argument",
    "organisations",
    "organisation, new",
    "organisation, accept",
    "start",
    "reset",
    "reset, link",
    "return",
    "sign-in, link",
    "confirm",
    "account, new address",
    "account, address back",
    "privacy",
    "imprint",
    "link is spent",
    "not closed yet",
    "removed",
    "not by address",
    "own data",
    "erase",
    "leave",
    "account, address",
    "account, deletion",
    "bring ideas",
    "check ideas",
    "import",
    "delete challenge",
    "delete organisation",
    "console, wave",
    "wave",
    "wave, restore",
    "console, closed",
    "ballot warning",
    "room, grouped",
    "room, building",
    "idea, family",
    "idea, merged",
    "combine",
    "inspire me",
    "groups",
    "merge",
    "merge, confirm",
    "separate",
    "outcomes",
    "result, answered",
    "report",
    "report, two questions",
    "report, few voted",
    "report, nobody voted",
    "idea, answered",
    "next round",
    "reply",
    "argument, changed",
    "flag",
    "flagged",
    "idea, flagged",
    "queue, flagged",
    "console, flagged",
    "close, flagged",
    "acts",
    "result card",
    "result card, voter",
    "result card, looked on",
    "result card, hidden for good",
    "jury",
    "jury, list",
    "jury, waiting",
    "jury, closed",
    "jury, invitation",
    "invite members",
    "invite people",
    "invite moderators",
    "invited to moderate",
    "invited to join",
    "no more invitations",
    "jurors",
    "form, jury",
    "form, prizes",
    "preview, prizes",
    "room, prizes",
    "decisive",
    "giving",
    "awards, given",
    "withdraw award",
    "give anew",
    "take name away",
    "winners",
    "winners, hidden",
    "winners, none yet",
    "claim",
    "certificate",
    "jobs",
    "job",
    "job, offered",
    "job, begun",
    "job, form",
    "job, place",
    "order, work",
    "payee",
    "order, waiver",
    "account, deletion, owed",
    "order, review",
    "job, people",
    "company dues",
    "how decisions are made",
    "operator",
    "operator, organisations",
    "operator, accounts",
    "operator, account",
    "operator, mails",
    "operator, limits",
    "operator, announcements",
    "operator, announcement",
    "operator, settings",
    "operator, minimum wages",
    "operator, log",
    "help",
    "help, searched",
    "guide",
    "guide, operator",
    "hide argument",
    "approve",
    "restore",
    "end spotlight",
)

# Places that show an error; every other place shows what it is about.
ERRORS = frozenset(("nothing", "link is spent", "not closed yet", "removed", "not by address"))

# Variants of pages that other places show: `make acceptance` measures them, too.
VARIANTS = frozenset(
    {
        *("home, nothing fits", "home, decided", "sign-up, mailed", "my page, of a guest", "idea cards, none"),
        *("room, empty", "room, voting", "room, building", "room, prizes", "brainstorm", "brainstorm, console"),
        *("idea, steered", "idea, writing", "idea, family", "idea, merged", "idea, answered", "idea, flagged"),
        *(
            "form, seed ideas",
            "form, questions",
            "form, prizes",
            "posting, preview",
            "preview, prizes",
            "seed ideas",
            "template, new",
        ),
        *(
            "turn, answer",
            "turn, waiting",
            "turn, away",
            "turn, discussed",
            "turns, console",
            "console, steering",
            "console, wave",
            "console, closed",
            "console, flagged",
            "close, flagged",
            "lobby, console",
        ),
        *("queue, list", "queue, reported", "queue, flagged", "acts, open", "hand over moderation", "jury, list"),
        *("result, pairs", "result, gallery", "result, jury agreed", "result, jury too few", "result, answered"),
        *("result card, voter", "result card, hidden for good", "winners, hidden", "ballot, two questions"),
        *("organisation, new", "no room", "nothing", "operator, account", "operator, mails", "invited to join"),
        *("news, empty", "dashboard, empty", "ballot, empty", "queue, empty", "queue, refused", "result, nobody voted"),
        *("result, points", "result, stars", "result, grades", "result, ranked", "result, two questions"),
        *("ballot, first look", "ballot, first look, marked", "room, first look", "result, minds changed"),
        *("result, few voted", "explanation, ranked", "report, two questions", "report, few voted"),
        *("report, nobody voted", "result card, looked on", "jury, waiting", "jury, closed", "winners, none yet"),
        *("awards, given", "give anew", "lobby, console, nobody", "console, hands", "console, silent", "share, closed"),
        *("privacy", "imprint", "reset", "reset, link", "link is spent", "not by address", "removed"),
        *("account, address", "account, deletion", "delete organisation", "take back", "share moderation"),
        *("news, address", "news, one challenge", "mails, address"),
        *("operator, organisations", "operator, accounts", "operator, limits", "operator, minimum wages"),
        *("operator, log", "operator, announcements", "operator, announcement"),
        *("help, searched", "guide, operator", "hide argument", "approve", "restore", "end spotlight"),
        *("invite members", "invite moderators", "statistics, empty"),
        *("rename", "remove", "redact", "unvoted", "merge, confirm", "wave", "not closed yet"),
        *("readmit", "restore argument", "redact argument", "wave, restore"),
        *("sign-in, link", "confirm", "account, new address", "account, address back"),
        *("home, found", "sign-up", "door", "idea, sealed", "news, choices", "mails, off", "hand over", "start"),
        *("result, charts", "join, jury", "live ranking", "spotlight", "organisation, accept", "organisations"),
        # `test_ballots` measures these ballots in more states.
        *(f"ballot, {rule}" for rule in crowds.RULES if rule != "approval"),
        *("return", "erase", "leave", "check ideas", "import", "delete challenge", "ballot warning", "combine"),
        *("separate", "flagged", "jury, invitation", "invite people", "invited to moderate", "no more invitations"),
        *("job, offered", "job, begun", "order, review"),
        *("decisive", "withdraw award", "take name away", "claim", "operator, settings", "hide"),
    }
)

# The big screen is no page for a phone; its own tests measure it.
SCREENS = (
    "screen, lobby",
    "screen, silent",
    "screen, brainstorm",
    "screen, spotlight",
    "screen, turns",
    "screen, turns, not begun",
    "screen, vote",
    "screen, result",
)


def lay_out(server: Server) -> Places:
    """Make all pages on a server that has no database yet, and start it. :return: as `make_places`."""
    with server.app.app_context():
        flask_migrate.upgrade(directory=str(ROOT / "migrations"))
        places = make_places(server)
        db.session.remove()
    server.detach()
    server.start()
    return places


def make_places(server: Server) -> Places:
    """Make all pages. :return: for each page its path, and the storage of a browser that may see it."""
    company = factories.company(name=f"{LONG_WORD} KG")
    open_room = factories.room(company, title=f"Was bringt uns {LONG_WORD}?", language="de")
    people = [factories.participant(open_room) for _ in range(12)]
    ideas = [factories.idea(open_room, person, f"{LONG_WORD} für alle", "**Kurz**\n\n- gesagt") for person in people]
    for n, stance in enumerate((Stance.FOR, Stance.AGAINST, Stance.QUESTION) * 4):
        remark = factories.argument(ideas[-1], people[n], f"Weil {LONG_WORD} wirkt", stance)

    sharing.make_link(company.owner, open_room.id, f"Newsletter {LONG_WORD}")

    empty = factories.room(company)
    alone = factories.participant(empty)
    writing = factories.room(company, phases=factories.STEPS)
    writer = factories.participant(writing)
    early = factories.idea(writing, writer, f"{LONG_WORD} für wenige", "Kurz gesagt: Räder.\n\n- im Hof")
    edit_idea(writer.actor, early, IdeaForm(f"{LONG_WORD} für alle", "Lang gesagt: viele Räder.\n\n- im Hof"))
    voting = factories.room(company, phases=factories.STEPS)
    voter, other = factories.participant(voting), factories.participant(voting)
    factories.idea(voting, other)
    factories.step(voting, "vote")
    alone_now = (PhasePlan("write", (Activity.WRITE,), others_visible=False, seconds=3600, advances=True),)
    silent = factories.room(company, title=f"Was bringt {LONG_WORD}?", phases=alone_now + factories.STEPS)
    thinkers = [factories.participant(silent) for _ in range(3)]
    sealed = [factories.idea(silent, person, f"{LONG_WORD} für alle") for person in thinkers]
    steered = factories.room(company, phases=(PhasePlan("open", (Activity.WRITE, Activity.DEBATE)),))
    listener, speaker = factories.participant(steered), factories.participant(steered)
    spotlit, other_idea = (factories.idea(steered, speaker, f"{LONG_WORD} {n}") for n in range(2))
    steering.announce(steered.owner, steered.round_id, f"Jetzt geht es um {LONG_WORD}.")
    steering.spotlight_idea(steered.owner, steered.round_id, spotlit)
    flags.flag_idea(listener.actor, other_idea, flags.FlagForm(FlagKind.INSULTING, LONG_WORD))
    moderation.hide_idea(company.owner, factories.idea(steered, speaker, LONG_WORD), LONG_WORD)
    steering.lock_writing(steered.owner, steered.round_id)
    waiting = factories.room(company, approval=True)
    pending = [
        factories.idea(waiting, factories.participant(waiting), LONG_WORD, image=factories.picture()) for _ in range(3)
    ]
    refused = factories.idea(waiting, factories.participant(waiting), LONG_WORD)
    moderation.hide_idea(company.owner, refused, LONG_WORD)
    draft = factories.draft(company)
    listed = factories.draft(company, blueprint="prioritise", seed_ideas=f"{LONG_WORD}\nBread | dark")
    planned = factories.room(company, blueprint="idea_contest", title=LONG_WORD)
    for pictured in (draft, open_room, planned):
        factories.depict(pictured, LONG_WORD)
    gallery, designer = _gallery(company)
    hung, _ = _gallery(company)
    factories.close(hung)

    closed, nobody = _closed(company), factories.room(company)
    factories.idea(nobody, factories.participant(nobody))
    factories.close(nobody)
    newcomer = factories.company()
    voted = _voted(company)

    def browser(actor):
        return storage_of(server.app, actor.person_id)

    nobody_yet = storage_of(server.app, None)
    owner, me = browser(company.owner), browser(people[0].actor)
    return {
        "home": ("/", me),
        "my page, of a guest": ("/me", me),
        "offline": ("/offline", nobody_yet),
        "sign-in": ("/sign-in", nobody_yet),
        "sign-up": ("/sign-up", nobody_yet),
        "sign-up, mailed": ("/sign-up/mail", nobody_yet),
        "join": (f"/join/{open_room.code}", nobody_yet),
        "no room": ("/join/ZZZZZ9", nobody_yet),
        "door": ("/join?next=/challenges/our-bread", nobody_yet),
        "nothing": ("/nothing", nobody_yet),
        "help": ("/help", nobody_yet),
        "help, searched": ("/help?q=votes", nobody_yet),
        "guide": ("/help/company", nobody_yet),
        "guide, operator": ("/help/operator", nobody_yet),
        "room": (f"/challenges/{open_room.id}", me),
        "room, empty": (f"/challenges/{empty.id}", browser(alone.actor)),
        "room, voting": (f"/challenges/{voting.id}", browser(voter.actor)),
        "room, silent": (f"/challenges/{silent.id}", browser(thinkers[0].actor)),
        "room, steered": (f"/challenges/{steered.id}", browser(listener.actor)),
        "idea, sealed": (f"/ideas/{sealed[0]}", browser(thinkers[0].actor)),
        "idea, steered": (f"/ideas/{other_idea}", browser(listener.actor)),
        "idea": (f"/ideas/{ideas[-1]}", me),
        "own idea": (f"/ideas/{ideas[0]}", me),
        "idea, writing": (f"/ideas/{early}", browser(writer.actor)),
        "edit": (f"/ideas/{ideas[0]}/edit", me),
        "versions": (f"/challenges/{writing.id}/ideas/{early}/versions", browser(writer.actor)),
        "me": (f"/challenges/{open_room.id}/me", me),
        "idea cards": (f"/challenges/{open_room.id}/idea-cards", owner),
        "idea cards, none": (f"/challenges/{empty.id}/idea-cards", owner),
        "news": ("/news", browser(people[-1].actor)),
        "news, empty": ("/news", browser(alone.actor)),
        "news, choices": ("/news/settings", owner),
        "news, address": ("/news/settings", me),
        "news, one challenge": (f"/news/settings?challenge={open_room.id}", owner),
        "account": ("/account", owner),
        "hand over": (f"/challenges/{open_room.id}/handover", me),
        "ballot": (f"/challenges/{open_room.id}/ballot", me),
        "ballot, empty": (f"/challenges/{empty.id}/ballot", browser(alone.actor)),
        "dashboard": (f"/organisations/{company.id}", owner),
        "dashboard, empty": (f"/organisations/{newcomer.id}", browser(newcomer.owner)),
        "form": (f"/organisations/{company.id}/challenges/new", owner),
        "posting, challenge": (f"/organisations/{company.id}/challenges/begin", owner),
        **{f"posting, {step}": (f"/challenges/{draft.id}/steps/{step}", owner) for step in list(PostingStep)[1:]},
        "posting, picture": (f"/challenges/{draft.id}/steps/challenge", owner),
        "posting, preview": (f"/challenges/{draft.id}/steps/people#preview-side", owner),
        "templates": (f"/organisations/{company.id}/templates", owner),
        "template, new": (f"/challenges/{draft.id}/template", owner),
        "form, seed ideas": (f"/challenges/{listed.id}/edit", owner),
        "phases": (f"/challenges/{planned.id}/phases", owner),
        "seed ideas": (f"/challenges/{planned.id}/seed-ideas", owner),
        "gallery": (f"/challenges/{gallery.id}", browser(designer.actor)),
        "result, gallery": (f"/challenges/{hung.id}/result", owner),
        "preview": (f"/challenges/{draft.id}/preview", owner),
        "share": (f"/challenges/{open_room.id}/share", owner),
        "share, closed": (f"/challenges/{closed.id}/share", owner),
        "logo and colour": (f"/organisations/{company.id}/brand", owner),
        "statistics": (f"/challenges/{open_room.id}/statistics", owner),
        "statistics, empty": (f"/challenges/{planned.id}/statistics", owner),
        "result, charts": (f"/challenges/{closed.id}/result/charts", owner),
        "console": (f"/challenges/{waiting.id}/console", owner),
        "console, steering": (f"/challenges/{voting.id}/console", owner),
        "console, silent": (f"/challenges/{silent.id}/console", owner),
        "console, hands": (f"/challenges/{voting.id}/console#hands-panel", owner),
        "queue": (f"/challenges/{waiting.id}/queue", owner),
        "queue, list": (f"/challenges/{waiting.id}/queue?list=1&all=1", owner),
        "queue, refused": (f"/challenges/{waiting.id}/queue?item=idea-{refused}", owner),
        "queue, empty": (f"/challenges/{empty.id}/queue", owner),
        "queue, reported": (f"/challenges/{steered.id}/queue", owner),
        "acts, open": (f"/challenges/{steered.id}/acts", owner),
        "hide": (f"/ideas/{ideas[0]}/hiding", owner),
        "hide argument": (f"/arguments/{remark}/hiding", owner),
        "approve": (f"/ideas/{pending[0]}/approval", owner),
        "restore": (f"/ideas/{refused}/restoration", owner),
        "end spotlight": (f"/rounds/{steered.round_id}/spotlight-end", owner),
        "close": (f"/rounds/{open_room.round_id}/closure", owner),
        "result": (f"/challenges/{closed.id}/result", owner),
        "result, nobody voted": (f"/challenges/{nobody.id}/result", owner),
        "report, nobody voted": (f"/challenges/{nobody.id}/result/report", owner),
        **{place: (path, owner) for place, path in voted.items()},
        **_live(server, company),
        **_minds(server, company),
        **_acts(server, company),
        **_files_and_data(server, company),
        **_decisions(server, company),
        **_operator(server),
        **_jobs(server, company),
        **_turns(server, company),
        "screen, silent": (f"/challenges/{silent.id}/screen", owner),
        "screen, spotlight": (f"/challenges/{steered.id}/screen", owner),
        "screen, vote": (f"/challenges/{voting.id}/screen", owner),
        "screen, result": (f"/challenges/{closed.id}/screen", owner),
    }


def _jobs(server: Server, company: factories.Company) -> Places:
    """Pages of jobs: one with questions, and a draft that pays too little."""
    asker = made_jobs.worker()
    english = JobWords(
        "en", f"A text about {LONG_WORD}", "Why is it sticky?", "Like this.", ("Short", "Clear"), "", "Our page"
    )
    job = made_jobs.opened(company, title=f"Ein Text über {LONG_WORD}", language="de", places=3, second=english)
    answered = jobs.ask_about_job(asker, job.id, f"Geht auch {LONG_WORD}?")
    jobs.answer_about_job(company.owner, job.id, answered, "Ja.")
    jobs.ask_about_job(asker, job.id, "Bis wann?")
    half = JobWords("de", LONG_WORD, "Warum klebt es?")
    cheap = made_jobs.draft(company, title=LONG_WORD, cents=350, minutes=20, places=12, second=half)
    draft = db.session.get_one(Job, cheap)
    translation = {"kind": "translation", "delivery": "translation", "target_language": "en"}
    translation |= {"source": f"{LONG_WORD} klebt.\n\nWer backt, weiß das.", "language": "de"}
    title = f"{LONG_WORD} übersetzen"
    taken = made_jobs.opened(company, title=title, taking="first_come", places=2, **translation)
    works, done = (made_jobs.worker() for _ in range(2))
    at_work, handed = (
        orders.take_place(who, taken.id, 1, orders.ApplicationForm(f"{LONG_WORD} {n}", "Weil ich backe."))
        for n, who in enumerate((works, done))
    )
    text = orders.WorkForm(f"Warum {LONG_WORD} klebt.\n\n- Wasser", ticked=frozenset({0, 1}), minutes=30)
    orders.save_draft(works, at_work, text)
    jobs.ask_about_job(works, taken.id, f"Was heißt {LONG_WORD}?", is_blocking=True)
    orders.deliver(done, handed, text)
    bonus = made_jobs.opened(company, title="Brot", taking="first_come")
    paid = orders.take_place(done, bonus.id, 1, orders.ApplicationForm(LONG_WORD))
    dues.add_bonus(company.owner, [paid], 400, LONG_WORD)
    payees.keep_payee(done, LONG_WORD, f"{LONG_WORD} 1\n12345 {LONG_WORD}")
    browsers = (company.owner, asker, works, done)
    owner, reader, writer, worked = (storage_of(server.app, who.person_id) for who in browsers)
    return {
        "job, place": (f"/jobs/{job.code}/place", reader),
        "order, work": (f"/orders/{at_work}", writer),
        "payee": ("/me/payee", worked),
        "order, waiver": (f"/orders/{paid}/waiver", worked),
        "account, deletion, owed": ("/account/deletion", worked),
        "job, people": (f"/jobs/{taken.code}/orders", owner),
        "company dues": (f"/organisations/{company.id}/dues", owner),
        "order, review": (f"/orders/{handed}", owner),
        "jobs": ("/jobs", reader),
        "job": (f"/jobs/{job.code}", reader),
        "job, offered": (f"/jobs/{job.code}", owner),
        "job, begun": (f"/organisations/{company.id}/jobs/begin", owner),
        "job, form": (f"/jobs/{draft.code}/edit", owner),
        "how decisions are made": ("/how-decisions-are-made", reader),
    }


def _operator(server: Server) -> Places:
    """The operator's pages. The announcement is for later, since all pages would show it."""
    operator = factories.account(f"{LONG_WORD.lower()}@example.org")
    email = db.session.get_one(Account, operator.account_id).email
    with write() as transaction:
        for address in (f"{LONG_WORD.lower()}@example.org", "waiting@example.org"):
            queue(transaction.session, MailKind.RESET, address)
    operators.make_operator(email)
    disabled = factories.account()
    operators.disable_account(operator, disabled.account_id, f"Wirbt für {LONG_WORD}")
    with write() as transaction:
        mail = transaction.session.scalars(select(Mail).order_by(Mail.id)).first()
        mail.state, mail.error = MailState.FAILED, "SMTPRecipientsRefused 550"
    later = clock.now() + timedelta(days=300)
    texts = {"de": f"Wartung wegen {LONG_WORD}: heute ab 22 Uhr.", "en": "Down for maintenance from 10 p.m."}
    form = installation.AnnouncementForm(texts, Readers.ALL, later, later + timedelta(days=1))
    announcement = installation.announce(operator, form)
    mine = storage_of(server.app, operator.person_id)
    return {
        "operator": ("/operator", mine),
        "operator, organisations": ("/operator/organisations", mine),
        "operator, accounts": ("/operator/accounts", mine),
        "operator, account": (f"/operator/accounts/{disabled.account_id}", mine),
        "operator, mails": ("/operator/mails", mine),
        "operator, limits": ("/operator/limits", mine),
        "operator, announcements": ("/operator/announcements", mine),
        "operator, announcement": (f"/operator/announcements/{announcement}", mine),
        "operator, settings": ("/operator/settings", mine),
        "operator, minimum wages": ("/operator/minimum-wages", mine),
        "operator, log": ("/operator/log", mine),
    }


def _turns(server: Server, company: factories.Company) -> Places:
    """A discussion in turns: one room in which people are asked, and one in which the author answers."""
    phases = (PhasePlan("write", (Activity.WRITE,)), PhasePlan("turns", (Activity.TURNS,)))

    def begun(count: int) -> tuple[factories.Room, list[factories.Somebody]]:
        room = factories.room(company, phases=phases)
        crowd = [factories.participant(room) for _ in range(count)]
        for title in (LONG_WORD, f"Bread {LONG_WORD}"):
            factories.idea(room, crowd[0], title, f"Why **not** {LONG_WORD}? " * 6)
        rounds.step_to_phase(room.owner, room.round_id, 1)
        for somebody in crowd:
            turns.take_seat(somebody.actor, room.id)
        turns.start_turns(room.owner, room.round_id, TurnsForm(Chosen.ALL, 7 * 86_400))
        return room, crowd

    early = factories.room(company, phases=phases, title=f"Was bringt uns {LONG_WORD}?", language="de")
    rounds.step_to_phase(early.owner, early.round_id, 1)
    asked, (author, first, second) = begun(3)
    said, (answering, speaker, other) = begun(3)
    while open_turns := turns_of(said, (speaker, other)):
        for somebody, turn in open_turns.items():
            turns.write_turn(somebody.actor, turn, f"{LONG_WORD} is too dear. " * 4, factories.op())
    over, people = begun(3)
    while open_turns := turns_of(over, tuple(people)):
        for somebody, turn in open_turns.items():
            turns.write_turn(somebody.actor, turn, f"{LONG_WORD} are enough.", factories.op())
    browser = partial(storage_of, server.app)
    with write() as transaction:
        seat = transaction.session.get_one(Seat, (asked.round_id, second.id))
        seat.is_away = True
        turn = transaction.session.scalars(select(Turn).filter_by(open_for=second.id)).one()
        turn.state, turn.open_for, turn.place = TurnState.LAPSED, None, None
    return {
        "turn": (f"/challenges/{asked.id}/turns", browser(first.actor.person_id)),
        "turn, answer": (f"/challenges/{said.id}/turns", browser(answering.actor.person_id)),
        "turn, waiting": (f"/challenges/{asked.id}/turns", browser(author.actor.person_id)),
        "turn, away": (f"/challenges/{asked.id}/turns", browser(second.actor.person_id)),
        "turn, discussed": (f"/challenges/{over.id}/turns", browser(people[0].actor.person_id)),
        "turns, console": (f"/challenges/{said.id}/console", browser(company.owner.person_id)),
        "screen, turns": (f"/challenges/{said.id}/screen", browser(company.owner.person_id)),
        "screen, turns, not begun": (f"/challenges/{early.id}/screen", browser(company.owner.person_id)),
    }


def turns_of(room: factories.Room, people: tuple[factories.Somebody, ...]) -> dict[factories.Somebody, int]:
    """`{person: their open turn}` of these people."""
    db.session.rollback()
    rows = db.session.execute(select(Turn.open_for, Turn.id).where(Turn.round_id == room.round_id)).tuples().all()
    held = dict(rows)
    return {somebody: held[somebody.id] for somebody in people if somebody.id in held}


def _live(server: Server, company: factories.Company) -> Places:
    """A live brainstorm before and after its start, and a ballot of each rule with some marks."""
    form = {"of": company, "title": f"Was bringt uns {LONG_WORD}?", "language": "de"}
    owner = storage_of(server.app, company.owner.person_id)
    early, deserted = (factories.lobby(blueprint="live_brainstorm", **form) for _ in range(2))
    factories.depict(early, LONG_WORD)
    waiting = [factories.participant(early) for _ in range(5)]
    going = factories.room(phases=LIVE_BRAINSTORM.plans, **form)
    people = [factories.participant(going) for _ in range(9)]
    for n, person in enumerate(people):
        factories.idea(going, person, f"{LONG_WORD} für alle {n}")
    factories.step(going, going.round.phases[1].name)
    ballots: Places = {}
    for rule in crowds.RULES:
        more = (QuestionPlan("grades", f"{LONG_WORD} machbar?"),) if rule == "approval" else ()
        room = crowds.voted(rule, *more, voters=3, **form)
        name = "ballot, two questions" if more else f"ballot, {rule}"
        storage = storage_of(server.app, factories.participant(room).actor.person_id)
        ballots[name] = (f"/challenges/{room.id}/ballot", storage)
        if rule == "grades":
            voter = factories.participant(room)
            entries = list(db.session.scalars(select(Entry.id).filter_by(round_id=room.round_id)))
            crowds.cast(room, voter, room.question_id, crowds.ballot(rule, entries, 1))
            marks = f"/challenges/{room.id}/ballot/marks"
            ballots["ballot, marks"] = (marks, storage_of(server.app, voter.actor.person_id))
    return {
        "lobby": (f"/challenges/{early.id}", storage_of(server.app, waiting[0].actor.person_id)),
        "lobby, console": (f"/challenges/{early.id}/console", owner),
        "lobby, console, nobody": (f"/challenges/{deserted.id}/console", owner),
        "brainstorm": (f"/challenges/{going.id}", storage_of(server.app, people[0].actor.person_id)),
        "brainstorm, console": (f"/challenges/{going.id}/console", owner),
        "screen, lobby": (f"/challenges/{early.id}/screen", owner),
        "screen, brainstorm": (f"/challenges/{going.id}/screen", owner),
        **ballots,
    }


def _minds(server: Server, company: factories.Company) -> Places:
    """A first look before and after the first mark, and the result of another one."""
    form = {"of": company, "title": f"Was bringt uns {LONG_WORD}?", "language": "de"}
    room = factories.room(phases=minds.PLANS, **form)
    author, voter, marked = (factories.participant(room) for _ in range(3))
    ideas = [factories.idea(room, author, f"{LONG_WORD} für alle {n}", f"{LONG_WORD} spart Geld.") for n in range(3)]
    factories.mark(room, marked, dict.fromkeys(ideas, 1))
    played = minds.looked((f"{LONG_WORD} mit Pfand", "Mehrweg"), **form)
    factories.close(played.room)
    looks_on, has_marked = (storage_of(server.app, who.actor.person_id) for who in (voter, marked))
    return {
        "room, first look": (f"/challenges/{room.id}", looks_on),
        "ballot, first look": (f"/challenges/{room.id}/ballot", looks_on),
        "ballot, first look, marked": (f"/challenges/{room.id}/ballot/marks", has_marked),
        "result, minds changed": (
            f"/challenges/{played.room.id}/result",
            storage_of(server.app, played.voters[0].actor.person_id),
        ),
    }


def _invite(company: factories.Company, room: factories.Room, kind: InvitationKind) -> str:
    """Invitations in several states. :return: the secret of an open link."""
    is_member = kind == InvitationKind.MEMBER
    of = inviting.InvitedTo(kind, company.id, None if is_member else room.id, Role.VIEWER if is_member else None)
    people = []
    for name, email in (
        (LONG_WORD[:40], f"{LONG_WORD.lower()[:40]}@example.org"),
        ("", "refused@example.org"),
        ("", ""),
    ):
        nonce = new_nonce()
        people.append(inviting.Invitee(nonce, token_of(nonce), email, name, address_digest(email) if email else ""))
    inviting.invite_people(company.owner, of, people, "de", by_mail=True)
    with write() as transaction:
        query = select(PersonalInvitation).filter_by(kind=kind, email="refused@example.org")
        refused = transaction.session.scalars(query.order_by(PersonalInvitation.id.desc())).first()
        refused.mail.state, refused.mail.error = MailState.FAILED, "SMTPRecipientsRefused 550"
    return people[-1].token


def _acts(server: Server, company: factories.Company) -> Places:
    """Pages with one question or one form, and pages that refuse."""
    room = factories.room(company, title=f"Was bringt uns {LONG_WORD}?", language="de")
    author, removed = factories.participant(room, LONG_WORD), factories.participant(room)
    helper = factories.participant(room, actor=factories.account())
    idea = factories.idea(room, author, f"{LONG_WORD} für alle", f"{LONG_WORD} spart Geld.")
    participants.bar_participant(company.owner, room.id, removed.id, LONG_WORD)
    invited = organisations.invite(company.owner, company.id, Role.MODERATOR)
    links = {kind: _invite(company, room, kind) for kind in InvitationKind}
    hidden, rude = (factories.argument(idea, author, f"Weil {LONG_WORD} wirkt") for _ in range(2))
    moderation.hide_argument(company.owner, hidden, LONG_WORD)
    link = {purpose: accounts.issue_token(company.owner.account_id, purpose) for purpose in TokenPurpose}
    with server.app.test_request_context():
        returning = return_links.link_of(author.row.person) or ""
        off = mail_links.off_token(author.actor.person_id)
        address = mail_links.address_token(author.actor.person_id, f"{LONG_WORD}@example.org")
    owner, nobody_yet = storage_of(server.app, company.owner.person_id), storage_of(server.app, None)
    person = f"/challenges/{room.id}/participants/{{}}/{{}}".format
    return {
        "spotlight": (f"/ideas/{idea}/spotlight", owner),
        "redact": (f"/ideas/{idea}/redaction", owner),
        "unvoted": (f"/rounds/{room.round_id}/unvoted", owner),
        "rename": (person(author.id, "name"), owner),
        "remove": (person(author.id, "removal"), owner),
        "share moderation": (person(helper.id, "facilitation"), owner),
        "hand over moderation": (person(helper.id, "handover"), owner),
        "take back": (person(helper.id, "return"), owner),
        "readmit": (person(removed.id, "readmission"), owner),
        "restore argument": (f"/arguments/{hidden}/restoration", owner),
        "redact argument": (f"/arguments/{rude}/redaction", owner),
        "organisations": ("/organisations", owner),
        "organisation, new": ("/organisations/new", owner),
        "organisation, accept": (f"/invitations/{invited}", nobody_yet),
        "invite members": (f"/organisations/{company.id}/invited", owner),
        "invite people": (f"{room.path}/people", owner),
        "invite moderators": (f"{room.path}/moderators", owner),
        "invited to moderate": (f"/invited/{links[InvitationKind.MODERATOR]}", nobody_yet),
        "invited to join": (f"/invited/{links[InvitationKind.PARTICIPANT]}", nobody_yet),
        "no more invitations": (urlsplit(way_out("somebody@example.org")).path, nobody_yet),
        "start": ("/challenges/new", nobody_yet),
        "reset": ("/reset", nobody_yet),
        "reset, link": (f"/reset/{link[TokenPurpose.RESET]}", nobody_yet),
        "sign-in, link": (f"/sign-in/{link[TokenPurpose.SIGN_IN]}", nobody_yet),
        "confirm": (f"/confirm/{link[TokenPurpose.CONFIRM]}", nobody_yet),
        "account, new address": (f"/account/address/{link[TokenPurpose.MOVE]}", nobody_yet),
        "account, address back": (f"/account/address-back/{link[TokenPurpose.MOVE_BACK]}", nobody_yet),
        "return": ("/return/" + returning.rpartition("/")[2], nobody_yet),
        "mails, off": (f"/mails/off/{off}", nobody_yet),
        "mails, address": (f"/mails/address/{address}", nobody_yet),
        "privacy": ("/privacy", nobody_yet),
        "imprint": ("/imprint", nobody_yet),
        "link is spent": ("/return/spent", nobody_yet),
        "not closed yet": (f"/challenges/{room.id}/result", owner),
        "removed": (f"/challenges/{room.id}", storage_of(server.app, removed.actor.person_id)),
        "not by address": ("/sign-out", nobody_yet),
    }


def _files_and_data(server: Server, company: factories.Company) -> Places:
    """Pages of what people bring, take, leave and delete."""
    form = {"of": company, "title": f"Was bringt uns {LONG_WORD}?", "language": "de"}
    room = factories.room(**form, retention=Retention(RetentionAct.DELETE, 90))
    author, crowd = factories.participant(room), [factories.participant(room) for _ in range(13)]
    factories.idea(room, author, f"{LONG_WORD} für alle")
    wave = factories.wave(room, *crowd[:10])
    left_out = factories.wave(room, *crowd[10:])
    waves.exclude_wave(company.owner, left_out)
    table = f"Titel;Text;Tags\n{LONG_WORD};Kurz gesagt;a\n{LONG_WORD};Kurz gesagt;b\nBrot;;c\n".encode("windows-1252")
    file = bringing.keep_file(company.owner, room.id, f"{LONG_WORD}.csv", table)
    closed = factories.room(**form, retention=Retention(RetentionAct.DELETE, 90))
    factories.idea(closed, factories.participant(closed))
    factories.close(closed)
    release_ballots(company.owner, closed.round_id)
    owner, me = (storage_of(server.app, person.person_id) for person in (company.owner, author.actor))
    alone = factories.company(name=f"{LONG_WORD} KG")
    return {
        "own data": (f"/challenges/{room.id}/me/data", me),
        "erase": (f"/challenges/{room.id}/me/erasing", me),
        "leave": (f"/challenges/{room.id}/me/leaving", me),
        "account, address": ("/account/address", owner),
        "account, deletion": ("/account/deletion", storage_of(server.app, factories.account().person_id)),
        "bring ideas": (f"/challenges/{room.id}/ideas-file", owner),
        "check ideas": (f"/challenges/{room.id}/ideas-file/{file}", owner),
        "import": (f"/organisations/{company.id}/challenges/import", owner),
        "delete challenge": (f"/challenges/{closed.id}/removal", owner),
        "delete organisation": (
            f"/organisations/{alone.id}/removal",
            storage_of(server.app, alone.owner.person_id),
        ),
        "console, wave": (f"/challenges/{room.id}/console", owner),
        "wave": (f"/waves/{wave}/exclusion", owner),
        "wave, restore": (f"/waves/{left_out}/restoration", owner),
        "console, closed": (f"/challenges/{closed.id}/console", owner),
        "ballot warning": (f"/challenges/{closed.id}/result/ballots/warning", owner),
    }


def _decisions(server: Server, company: factories.Company) -> Places:
    """Pages on the way from many ideas to one decision: family, groups, merges, answers and the next round."""
    form = {"of": company, "title": f"Was bringt uns {LONG_WORD}?", "language": "de"}
    room = factories.room(**form, phases=(PhasePlan("open", (Activity.WRITE, Activity.DEBATE, Activity.VOTE)),))
    people = [factories.participant(room) for _ in range(8)]
    ideas = [factories.idea(room, person, f"{LONG_WORD} für alle {n}") for n, person in enumerate(people)]
    parents = IdeaForm(f"{LONG_WORD} zusammen", parents=ideas[:2])
    child = submit_idea(people[2].actor, room.id, parents, factories.op())
    grouping.group_ideas(company.owner, room.round_id, ideas[3:5], LONG_WORD)
    merging.merge_ideas(company.owner, ideas[6], ideas[5], "Beides sagt dasselbe.")
    answered = crowds.closed("approval", **form)
    reported = closed_round(ideas=12, pictures=3, **form)
    entries = list(db.session.scalars(select(Entry.id).filter_by(round_id=answered.round_id)))
    outcomes.set_outcomes(company.owner, answered.round_id, entries[:1], Decision.CHOSEN, LONG_WORD, seen=0)
    first = db.session.get_one(Entry, entries[0]).idea_id
    owner, me = (storage_of(server.app, person.person_id) for person in (company.owner, people[0].actor))
    return {
        "room, grouped": (f"/challenges/{room.id}", me),
        "room, building": (f"/challenges/{room.id}?build={ideas[3]},{ideas[4]}", me),
        "idea, family": (f"/ideas/{child}", me),
        "idea, merged": (f"/ideas/{ideas[5]}", owner),
        "combine": (f"/challenges/{room.id}/ideas/{ideas[3]}/combine", me),
        "inspire me": (f"{room.path}/inspiration", me),
        "groups": (f"/challenges/{room.id}/groups", owner),
        "merge": (f"/ideas/{ideas[7]}/merge", owner),
        "merge, confirm": (f"/ideas/{ideas[7]}/merge?with={ideas[5]}", owner),
        "separate": (f"/ideas/{ideas[6]}/separation", owner),
        "outcomes": (f"/challenges/{answered.id}/outcomes", owner),
        "result, answered": (f"/challenges/{answered.id}/result", owner),
        "report": (f"/challenges/{reported.id}/result/report", owner),
        "idea, answered": (f"/ideas/{first}", owner),
        "next round": (f"/challenges/{answered.id}/next-round", owner),
        **_listed(server, company),
        **_cards(server, company),
        **_flags(server, company),
        **_juries(server, company),
        **_awards(server, company),
    }


def _listed(server: Server, company: factories.Company) -> Places:
    """The start page with open and decided challenges, and searches there."""
    form = {"of": company, "visibility": Visibility.LISTED, "language": "de"}
    prizes = PrizeRules((PrizePlan(LONG_WORD, 1_234_500, 3),))
    titles = (f"Wie gelingt {LONG_WORD}?", f"{LONG_WORD}, aber wo?", "Ein Name für das Brot", "Was fehlt?")
    for title in titles:
        room = factories.room(title=title, prizes=prizes if title == titles[0] else PrizeRules(), **form)
        factories.idea(room, factories.participant(room))
        if title == titles[1]:
            factories.depict(room, LONG_WORD)
    decided = factories.room(title=f"{LONG_WORD} an der Theke", **form)
    first = factories.idea(decided, factories.participant(decided), f"{LONG_WORD} am Mittwoch")
    for _ in range(6):
        factories.mark(decided, factories.participant(decided), {first: 1})
    factories.close(decided)
    entry = factories.entry_id(first)
    outcomes.set_outcomes(company.owner, decided.round_id, [entry], Decision.CHOSEN, LONG_WORD, seen=0)
    nobody = storage_of(server.app, None)
    return {
        "home, found": ("/?find_challenges=verpakung&order=ending", nobody),
        "home, nothing fits": ("/?find_challenges=zebra&language=de", nobody),
        "home, decided": ("/?now=decided", nobody),
    }


def _juries(server: Server, company: factories.Company) -> Places:
    """The pages of a juror, the invitation, and the list of jurors."""
    criteria = (CriterionPlan(f"{LONG_WORD} machbar?", 2), CriterionPlan("Nützlich?"), CriterionPlan("Neu?"))
    form = {"of": company, "title": f"Was bringt uns {LONG_WORD}?", "language": "de", "criteria": criteria}
    room, early, closed = (factories.room(**form, **more) for more in ({}, {"phases": factories.STEPS}, {}))
    author = factories.participant(room)
    entries = [factories.entry_id(factories.idea(room, author, f"{LONG_WORD} für alle {n}", "Kurz.")) for n in range(7)]
    judge, other = juries.juror(room, name=LONG_WORD), juries.juror(room)
    for entry in entries[:4]:
        juries.score(room, judge, entry, 4, 2, -1, note=f"Was kostet {LONG_WORD}?" if entry == entries[0] else "")
    scoring.declare_conflict(judge.actor, room.round_id, entries[4])
    jurors.invite_juror_by_mail(company.owner, room.round_id, f"{LONG_WORD.lower()}@example.org")
    link = jurors.invite_juror(company.owner, room.round_id)
    waiting, late = juries.juror(early), juries.juror(closed)
    judged = factories.entry_id(factories.idea(closed, factories.participant(closed), LONG_WORD))
    juries.score(closed, late, judged, 3, 3, 3)
    factories.close(closed)
    draft = factories.draft(**form, jury_percent=40)
    owner = storage_of(server.app, company.owner.person_id)

    def seat(of: factories.Room, who: juries.Judge, more: str = "") -> tuple[str, dict[str, object]]:
        return f"{of.path}/jury{more}", storage_of(server.app, who.actor.person_id)

    return {
        "jury": seat(room, judge),
        "jury, list": seat(room, judge, "?all=1"),
        "jury, waiting": seat(early, waiting),
        "jury, closed": seat(closed, late),
        "jury, invitation": (f"/jury/{link}", storage_of(server.app, other.actor.person_id)),
        "jurors": (f"/challenges/{room.id}/jurors", owner),
        "form, jury": (f"/challenges/{draft.id}/edit", owner),
    }


def _awards(server: Server, company: factories.Company) -> Places:
    """Prizes from the form to the certificate: proposed, given, withdrawn; with names, and hidden for good."""
    prizes = (PrizePlan(f"{LONG_WORD} in Gold", 1_500_00), PrizePlan("Silber", 99_95, 2), PrizePlan("Mittagessen"))
    rules = PrizeRules(prizes, tie=TieRule.DRAWN)
    form = {"of": company, "title": f"Was bringt uns {LONG_WORD}?", "language": "de", "prizes": rules}
    told = Conditions(Rights.ON_AWARD, f"Nutzung für {LONG_WORD}.", None, 14, 200, 90)
    draft, agreeing = factories.draft(**form, conditions=told), factories.room(**form, conditions=told)
    joined = factories.participant(agreeing)
    waiting, named, hidden = (
        factories.room(anonymity=level, **form) for level in ("named", "named", Anonymity.FOR_GOOD)
    )
    winners = [_contest(room) for room in (waiting, named, hidden)]
    for room in (named, hidden):
        round = room.round
        proposals = awards_query.proposed(db.session(), round, awards_query.order_of(db.session(), round))
        seen = awards_query.version_of(db.session(), round, proposals)
        awards.give_awards(company.owner, room.round_id, seen=seen)
    first, second, *_ = awards_query.awards_in(db.session(), named.id)
    awards.withdraw_award(company.owner, second.id, LONG_WORD, seen=awards_query.last_award(db.session(), named.round))
    mine = awards_query.awards_in(db.session(), hidden.id)[0]
    awards.claim_award(winners[2].actor, mine.id, f"{LONG_WORD} 7")
    owned = next(part for part in mine.parts if part.participant_id == winners[2].id)
    owner = storage_of(server.app, company.owner.person_id)
    author = storage_of(server.app, winners[2].actor.person_id)
    return {
        "form, prizes": (f"/challenges/{draft.id}/edit", owner),
        "preview, prizes": (f"/challenges/{draft.id}/preview", owner),
        "room, prizes": (f"/challenges/{agreeing.id}", storage_of(server.app, joined.actor.person_id)),
        "decisive": (f"/challenges/{waiting.id}/awards/arguments", owner),
        "giving": (f"/challenges/{waiting.id}/awards/giving", owner),
        "awards, given": (f"/challenges/{named.id}/awards/giving", owner),
        "withdraw award": (f"/awards/{first.id}/withdrawal", owner),
        "give anew": (f"/awards/{second.id}/replacement", owner),
        "winners": (f"/challenges/{named.id}/awards", owner),
        "winners, hidden": (f"/challenges/{hidden.id}/awards", author),
        "winners, none yet": (f"/challenges/{waiting.id}/awards", owner),
        "claim": (f"/awards/{mine.id}/claim", author),
        "take name away": (f"/awards/{mine.id}/names/{owned.id}", owner),
        "certificate": (f"/awards/{first.id}/certificate/{first.parts[0].id}", owner),
    }


def _contest(room: factories.Room) -> factories.Somebody:
    """Close a room with a winner that grew from another idea and has a decisive argument. :return: its author."""
    author, parent, critic, *others = [factories.participant(room) for _ in range(6)]
    old = factories.idea(room, parent, f"{LONG_WORD} für manche")
    grown = IdeaForm(f"{LONG_WORD} für alle, mit Pfand", parents=(old,))
    winner = submit_idea(author.actor, room.id, grown, factories.op())
    ideas = [factories.idea(room, person, f"{LONG_WORD} in Grün {n}") for n, person in enumerate(others)]
    decisive = factories.argument(winner, critic, f"Weil {LONG_WORD} sich nach einem Jahr bezahlt macht.")
    factories.argument(winner, parent, "Wer bringt die Kisten zurück?", Stance.QUESTION)
    factories.argument(ideas[0], critic, "Das kostet zu viel.", Stance.AGAINST)
    awards.mark_decisive(room.owner, decisive, "Damit war der Vorstand überzeugt.")
    for voter in (critic, factories.participant(room), factories.participant(room)):
        factories.mark(room, voter, {winner: 1})
    factories.mark(room, factories.participant(room), dict.fromkeys(ideas, 1))
    factories.close(room)
    return author


def _flags(server: Server, company: factories.Company) -> Places:
    """Reported texts: for those who report them, and on the console."""
    room = factories.room(company, title=f"Was bringt uns {LONG_WORD}?", language="de")
    author, reader, *others = [factories.participant(room) for _ in range(5)]
    ideas = [factories.idea(room, author, f"{LONG_WORD} für alle {n}", f"{LONG_WORD} spart Geld.") for n in range(5)]
    argument = factories.argument(ideas[0], author, f"Weil {LONG_WORD} wirkt", Stance.AGAINST)
    for idea in ideas[2:]:
        flags.flag_idea(others[0].actor, idea, FlagForm(FlagKind.REPEAT))
        factories.keep(room, company.owner, f"idea-{idea}")
    flags.flag_argument(reader.actor, argument, FlagForm(FlagKind.INSULTING))
    for person, kind in zip((reader, *others), (*FlagKind, *FlagKind), strict=False):
        flags.flag_idea(person.actor, ideas[0], FlagForm(kind, f"{LONG_WORD} gibt es schon."))
    flags.flag_idea(reader.actor, ideas[1], FlagForm(FlagKind.ADVERTISING))
    flags.flag_idea(reader.actor, ideas[2], FlagForm(FlagKind.OFF_TOPIC))
    owner, me = storage_of(server.app, company.owner.person_id), storage_of(server.app, reader.actor.person_id)
    return {
        "reply": (f"/arguments/{argument}/reply", me),
        "argument, changed": (f"/arguments/{argument}/edit", storage_of(server.app, author.actor.person_id)),
        "flag": (f"/ideas/{ideas[3]}/report", me),
        "flagged": (f"/arguments/{argument}/report", me),
        "idea, flagged": (f"/ideas/{ideas[0]}", me),
        "queue, flagged": (f"/challenges/{room.id}/queue", owner),
        "console, flagged": (f"/challenges/{room.id}/console", owner),
        "acts": (f"/challenges/{room.id}/acts", owner),
        "close, flagged": (f"/rounds/{room.round_id}/closure", owner),
    }


def _cards(server: Server, company: factories.Company) -> Places:
    """Result cards: of an author with every fate of an idea, of a voter, and of somebody who only looked on."""
    form = {"of": company, "title": f"Was bringt uns {LONG_WORD}?", "language": "de"}
    phases = (PhasePlan("open", (Activity.WRITE, Activity.DEBATE, Activity.VOTE)),)
    two = (QuestionPlan(prompt="Eine gute Idee?"), QuestionPlan("grades", f"{LONG_WORD} machbar?"))
    room, hidden = factories.room(questions=two, phases=phases, **form), _anonymous_card(server, form)
    author, looking, *crowd = [factories.participant(room) for _ in range(10)]
    ideas = [factories.idea(room, author, f"{LONG_WORD} für alle {n}") for n in range(6)]
    other = factories.idea(room, crowd[0], f"{LONG_WORD} zu zweit")
    submit_idea(crowd[1].actor, room.id, IdeaForm(f"{LONG_WORD}, weitergedacht", parents=(ideas[0],)), factories.op())
    for idea in (other, ideas[1]):
        factories.argument(idea, author, f"Weil {LONG_WORD} wirkt", Stance.AGAINST)
    first = room.round.questions[0].id
    for n, voter in enumerate(crowd[1:]):
        factories.mark(room, voter, dict.fromkeys(ideas[:4], 1) | {other: (-1) ** n}, question_id=first)
    factories.mark(room, author, {other: 1}, question_id=first)
    moderation.hide_idea(company.owner, ideas[3], LONG_WORD)
    merging.merge_ideas(company.owner, ideas[4], other)
    merging.merge_ideas(company.owner, other, ideas[2])
    factories.close(room)
    entries = [factories.entry_id(idea) for idea in ideas[:2]]
    outcomes.set_outcomes(company.owner, room.round_id, entries[:1], Decision.CHOSEN, LONG_WORD, seen=0)
    path = f"/challenges/{room.id}/my-result"
    return {
        "result card": (path, storage_of(server.app, author.actor.person_id)),
        "my page": ("/me", storage_of(server.app, author.actor.person_id)),
        "result card, voter": (path, storage_of(server.app, crowd[2].actor.person_id)),
        "result card, looked on": (path, storage_of(server.app, looking.actor.person_id)),
        "result card, hidden for good": hidden,
    }


def _anonymous_card(server: Server, form: dict[str, object]) -> tuple[str, dict[str, object]]:
    """The card of a voter of pairs where authors stay hidden for good."""
    room = crowds.voted("pairs", anonymity=Anonymity.FOR_GOOD, **form)
    voter = factories.participant(room)
    factories.idea(room, voter, f"{LONG_WORD} zu Hause")
    entries = list(db.session.scalars(select(Entry.id).filter_by(round_id=room.round_id).order_by(Entry.id)))
    crowds.cast(room, voter, room.question_id, crowds.ballot("pairs", entries[:5], 1))
    factories.close(room)
    return f"/challenges/{room.id}/my-result", storage_of(server.app, voter.actor.person_id)


def _voted(company: factories.Company) -> dict[str, str]:
    """Pages of votes by every rule: results, explanations, a live ranking and its readiness."""
    form = {"of": company, "title": f"Was bringt uns {LONG_WORD}?", "language": "de"}
    closed = {rule: crowds.closed(rule, **form) for rule in crowds.RULES if rule != "approval"}
    two = crowds.closed("approval", QuestionPlan("grades", f"{LONG_WORD} machbar?"), **form)
    few = crowds.closed("points", voters=3, **form)
    live = crowds.voted("grades", QuestionPlan("approval", "Wow?", {"top": 2}), live_ranking=True, **form)
    measure_readiness(live.round_id)
    asked = (QuestionPlan("points", "Wohin?", {"budget": 12, "quadratic": True}), QuestionPlan("ranked"))
    draft = factories.draft(company, questions=asked, language="de")
    return {
        **_decided(form),
        **{f"result, {rule}": f"/challenges/{room.id}/result" for rule, room in closed.items()},
        "result, two questions": f"/challenges/{two.id}/result",
        "result, few voted": f"/challenges/{few.id}/result",
        "report, two questions": f"/challenges/{two.id}/result/report",
        "report, few voted": f"/challenges/{few.id}/result/report",
        "explanation, grades": f"/challenges/{closed['grades'].id}/result/explanation",
        "explanation, ranked": f"/challenges/{closed['ranked'].id}/result/explanation",
        "live ranking": f"/challenges/{live.id}/live-ranking",
        "form, questions": f"/challenges/{draft.id}/edit",
        "console, voting": f"/challenges/{live.id}/console",
    }


def _decided(form: dict[str, object]) -> dict[str, str]:
    """Results of rounds with a jury, and the door of one."""
    split, agreed, few = (
        verdicts.closed(grades, 60, **form) for grades in (verdicts.DISAGREEING, verdicts.AGREEING, verdicts.TOO_FEW)
    )
    room = factories.room(criteria=verdicts.CRITERIA, jury_percent=60, **form)
    return {
        "result, jury": f"/challenges/{split.id}/result",
        "result, jury agreed": f"/challenges/{agreed.id}/result",
        "result, jury too few": f"/challenges/{few.id}/result",
        "scores of jurors": f"/challenges/{split.id}/result/jurors",
        "join, jury": f"/join/{room.code}",
    }


def _gallery(company: factories.Company) -> tuple[factories.Room, factories.Somebody]:
    """A design contest with a long title, and its last designer."""
    room = factories.room(company, blueprint="design_contest")
    for n in range(5):
        designer = factories.participant(room)
        factories.idea(room, designer, LONG_WORD if n else "Sun", image=factories.picture(size=(400, 300 + 90 * n)))
    return room, designer


def _closed(company: factories.Company) -> factories.Room:
    """A result with a winner, a tie, an idea with few judgements, and a hidden idea."""
    room = factories.room(company)
    people = [factories.participant(room) for _ in range(14)]
    first, second, third, few, hidden = (factories.idea(room, people[n], f"{LONG_WORD} {n}") for n in range(5))
    for voter in people[5:]:
        factories.mark(room, voter, {first: 1, second: -1, third: -1})
    for voter in people[3:5]:
        factories.mark(room, voter, {first: 1, few: 1} if voter is people[4] else {first: 1})
    moderation.hide_idea(company.owner, hidden, "Advertising")
    factories.close(room)
    return room
