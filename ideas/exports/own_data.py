"""One's own data: everything that a person wrote, marked and chose, as a ZIP of JSON files and pictures.

It holds nothing of other people but the titles of the ideas that the person marked or argued on, and what a company
said to the person's work. Only this person may get it.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session, selectinload

from ideas.exports.contents import instant
from ideas.exports.own_orders import own_orders_of
from ideas.models import (
    Account,
    Argument,
    Award,
    AwardClaim,
    AwardPart,
    Challenge,
    Device,
    Entry,
    Exchange,
    Flag,
    GoodPoint,
    GuestAddress,
    Idea,
    IdeaEdge,
    IdeaVersion,
    Image,
    Juror,
    Mark,
    Member,
    Notification,
    OperatorAct,
    Participant,
    Person,
    PersonalInvitation,
    Question,
    RightsConsent,
    RightsText,
    Round,
    ScoreSheet,
    ShareLink,
    SwitchedOff,
    TimeReport,
    Turn,
)
from ideas.prizes import prize_names
from ideas.queries.ballots import MarkRow, own_marks_of, receipt_of
from ideas.queries.outcomes import outcomes_of_entries
from ideas.queries.payees import payee_of
from ideas.queries.rights import RightsRow, rights_given
from ideas.queries.rounds import current_round

FORMAT = 1

Document = dict[str, object]


def write_participation(session: Session, participant: Participant, out: BinaryIO) -> None:
    """Write what a participant has in one room."""
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        _add_room(session, participant, archive, "")


def write_person(session: Session, person: Person | None, account: Account, out: BinaryIO) -> None:
    """Write what an account holder has: the account, a folder for each room, and one for the files of each order."""
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        _add_json(archive, "account.json", _account(session, person, account))
        for participant in _participations(session, person):
            _add_room(session, participant, archive, f"room-{participant.challenge_id}/")
        for juror in _seats(session, Juror.person_id == (person.id if person else 0)):
            _add_json(archive, f"jury-{juror.round_id}.json", _jury(session, juror))
        work = own_orders_of(session, person.id, archive) if person else {}
        if any(work.values()):
            _add_json(archive, "orders.json", {"schwarm_own_data": FORMAT, **work})


def write_juror(session: Session, juror: Juror, out: BinaryIO) -> None:
    """Write what a juror has on one jury."""
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        _add_json(archive, "jury.json", _jury(session, juror))


def _seats(session: Session, *where: ColumnElement[bool]) -> list[Juror]:
    return list(session.scalars(select(Juror).where(*where).order_by(Juror.id)))


def _jury(session: Session, juror: Juror) -> Document:
    """A juror's scores, notes and conflicts."""
    round = session.get_one(Round, juror.round_id)
    criteria = {question.id: question.prompt for question in round.criteria}
    rows = list(session.scalars(select(ScoreSheet).filter_by(juror_id=juror.id).order_by(ScoreSheet.entry_id)))
    marks = select(Mark).where(Mark.participant_id == juror.seat_id).order_by(Mark.subject, Mark.question_id)
    given = list(session.scalars(marks))
    titles = {
        entry: title
        for entry, _, title in _titles(session, Entry.id.in_({m.subject for m in given} | {r.entry_id for r in rows}))
    }
    return {
        "schwarm_own_data": FORMAT,
        "room": round.challenge.title,
        "organisation": round.challenge.organisation.name,
        "round": round.n,
        "you": {
            "name": juror.name,
            "invited_at": instant(juror.invited_at),
            "accepted_at": instant(juror.accepted_at),
        },
        "scores": [
            {
                "entry": mark.subject,
                "title": titles.get(mark.subject),
                "criterion": criteria.get(mark.question_id),
                "grade": mark.value,
                "at": instant(mark.at),
            }
            for mark in given
        ],
        "ideas": [
            {
                "entry": row.entry_id,
                "title": titles.get(row.entry_id),
                "note": row.note,
                "conflict_at": instant(row.conflict_at),
            }
            for row in rows
        ],
    }


def _participations(session: Session, person: Person | None) -> Iterable[Participant]:
    if person is None:
        return []
    return session.scalars(select(Participant).filter_by(person_id=person.id).order_by(Participant.id)).all()


def _account(session: Session, person: Person | None, account: Account) -> Document:
    person_id = person.id if person else 0
    members = session.scalars(select(Member).filter_by(account_id=account.id).order_by(Member.id))
    devices = session.scalars(select(Device).filter_by(person_id=person_id).order_by(Device.id))
    acts = session.scalars(select(OperatorAct).filter_by(account_id=account.id).order_by(OperatorAct.id))
    news = session.scalars(select(Notification).filter_by(person_id=person_id).order_by(Notification.id))
    return {
        "schwarm_own_data": FORMAT,
        "email": account.email,
        "name": account.name,
        "opened_at": instant(account.created_at),
        "confirmed_at": instant(account.confirmed_at),
        "operator_since": instant(account.operator_since),
        "operator_acts": [{"act": act.kind, "at": instant(act.at)} for act in acts],
        "language": account.language,
        "time_zone": account.time_zone,
        "organisations": [
            {"name": m.organisation.name, "role": str(m.role), "since": instant(m.joined_at)} for m in members
        ],
        "invitations": [
            {
                "organisation": found.organisation.name,
                "kind": str(found.kind),
                "name": found.name,
                "at": instant(found.created_at),
            }
            for found in session.scalars(select(PersonalInvitation).filter_by(email=account.email))
        ],
        "signed_in_since": [instant(device.created_at) for device in devices],
        "notifications": [
            {
                "room": note.challenge_id,
                "reason": note.reason,
                "at": instant(note.created_at),
                "read_at": instant(note.read_at),
            }
            for note in news
        ],
        "switched_off": _switched_off(session, person_id),
        "for_statements": _payee(session, person_id),
    }


def _payee(session: Session, person_id: int) -> Document | None:
    """The name and the address that companies get in statements. Under another secret there is something that nobody
    can read, which is not the same as nothing.
    """
    details = payee_of(session, person_id)
    if details.is_unreadable:
        return {"unreadable": True}
    return {"name": details.name, "address": details.address} if details.saves else None


def _add_room(session: Session, participant: Participant, archive: ZipFile, folder: str) -> None:
    round, person = current_round(session, participant.challenge_id), participant.person
    of = person.account or person
    pictures: dict[int, str] = {}
    written = list(_ideas_of(session, participant))
    given = rights_given(session, [idea.id for idea in written])
    ideas = [_idea(session, idea, pictures) | _rights(given.get(idea.id)) for idea in written]
    document: Document = {
        "schwarm_own_data": FORMAT,
        "room": round.challenge.title,
        "organisation": round.challenge.organisation.name,
        "you": {
            "name": participant.name,
            "joined_at": instant(participant.joined_at),
            "came_by": session.scalar(select(ShareLink.label).filter_by(id=participant.link_id)),
            "left_at": instant(participant.left_at),
            "language": of.language,
            "time_zone": of.time_zone,
            **_mails_of(session, person),
        },
        "ideas": ideas,
        "arguments": _arguments_of(session, participant),
        "good_points": _points_of(session, participant),
        "turns": _turns_of(session, participant),
        "flags": _flags_of(session, participant),
        **_awards_of(session, participant),
        **_conditions_of(session, participant),
        "votes": [_votes(session, each, q, participant) for each in _rounds_of(session, round) for q in each.polled],
    }
    of_person = (Juror.person_id == participant.person_id, Round.challenge_id == participant.challenge_id)
    if not folder:  # the file of an account holds all juries beside the rooms
        seats = select(Juror.id).join(Round, Round.id == Juror.round_id).where(*of_person)
        jury = [_jury(session, juror) for juror in _seats(session, Juror.id.in_(seats))]
        document |= {"jury": jury} if jury else {}
    _add_json(archive, f"{folder}data.json", document)
    for image_id, name in pictures.items():
        archive.writestr(f"{folder}{name}", session.get_one(Image, image_id).data)


def _mails_of(session: Session, person: Person) -> Document:
    """The address of a guest and what they switched off; an account's are in the file of the account."""
    if person.account_id is not None:
        return {}
    address = session.get(GuestAddress, person.id)
    confirmed = {"email": address.email, "confirmed_at": instant(address.confirmed_at)} if address else {}
    return {**confirmed, "switched_off": _switched_off(session, person.id)}


def _switched_off(session: Session, person_id: int) -> list[Document]:
    rows = session.scalars(select(SwitchedOff).filter_by(person_id=person_id).order_by(SwitchedOff.id))
    return [{"room": row.challenge_id, "topic": row.topic} for row in rows]


def _awards_of(session: Session, participant: Participant) -> Document:
    """The person's parts of awards, and the names that they typed under them; empty without any."""
    query = select(AwardPart, Award, AwardClaim.name).join(Award, Award.id == AwardPart.award_id)
    own = (AwardClaim.award_id == Award.id) & (AwardClaim.participant_id == participant.id)
    rows = session.execute(
        query.outerjoin(AwardClaim, own).where(AwardPart.participant_id == participant.id).order_by(AwardPart.id)
    ).all()
    challenge = session.get_one(Challenge, participant.challenge_id)
    awards = [
        {
            "award": award.id,
            "prizes": list(prize_names(challenge, award.prizes)),
            "part": str(part.kind),
            "cents": part.cents,
            "currency": challenge.currency if part.cents is not None else None,
            "withdrawn": award.withdrawn_seq is not None,
            "typed_name": name,
        }
        for part, award, name in rows
    ]
    return {"awards": awards} if awards else {}


def _rights(given: RightsRow | None) -> Document:
    return {"rights_version": given.n} if given else {}


def _conditions_of(session: Session, participant: Participant) -> Document:
    """The words on rights to which the person agreed, and the minutes that they reported; empty without any."""
    query = select(RightsText, RightsConsent.at).join(RightsConsent, RightsConsent.rights_text_id == RightsText.id)
    rows = session.execute(query.where(RightsConsent.participant_id == participant.id).order_by(RightsText.n))
    agreed = [
        {"version": text.n, "rights": str(text.rights), "words": text.words, "at": instant(at)} for text, at in rows
    ]
    minutes = session.scalar(select(TimeReport.minutes).filter_by(participant_id=participant.id))
    return ({"rights": agreed} if agreed else {}) | ({"minutes": minutes} if minutes is not None else {})


def _add_json(archive: ZipFile, name: str, document: Document) -> None:
    archive.writestr(name, json.dumps(document, ensure_ascii=False, indent=1) + "\n")


def _ideas_of(session: Session, participant: Participant) -> Iterable[Idea]:
    query = select(Idea).filter_by(author_id=participant.id).options(selectinload(Idea.versions)).order_by(Idea.id)
    return session.scalars(query).all()


def _idea(session: Session, idea: Idea, pictures: dict[int, str]) -> Document:
    """One idea with all its versions; the names of its pictures are added to `pictures`."""
    entries = session.scalars(select(Entry).filter_by(idea_id=idea.id).order_by(Entry.id)).all()
    return {
        "idea": idea.id,
        "written_at": instant(idea.created_at),
        "status": str(entries[-1].status) if entries else None,
        "outcome": _outcome(session, entries),
        "builds_on": list(session.scalars(_parents_query(idea))),
        "versions": [_version(session, version, pictures) for version in idea.versions],
    }


def _outcome(session: Session, entries: Sequence[Entry]) -> Document | None:
    """The decision for an idea in the latest round that has one, and its reason; `entries` are those of the idea."""
    keys = [entry.counted_as or entry.id for entry in entries]
    decided = outcomes_of_entries(session, keys)
    found = next((decided[key] for key in reversed(keys) if key in decided), None)
    return {"outcome": str(found.decision), "reason": found.reason} if found else None


def _parents_query(idea: Idea) -> Select[tuple[int]]:
    return select(IdeaEdge.parent_id).filter_by(child_id=idea.id).order_by(IdeaEdge.parent_id)


def _version(session: Session, version: IdeaVersion, pictures: dict[int, str]) -> Document:
    if version.image_id and version.image_id not in pictures:
        ending = session.get_one(Image, version.image_id).media_type.removeprefix("image/")
        pictures[version.image_id] = f"pictures/idea-{version.idea_id}-{version.n}.{ending}"
    return {
        "version": version.n,
        "title": version.title,
        "text": version.text,
        "picture": pictures.get(version.image_id or 0),
        "written_at": instant(version.written_at),
        "erased_at": instant(version.redacted_at),
    }


def _arguments_of(session: Session, participant: Participant) -> list[Document]:
    rows = list(session.scalars(select(Argument).filter_by(author_id=participant.id).order_by(Argument.id)))
    titles = _titles(session, Entry.idea_id.in_([row.idea_id for row in rows]))
    by_idea = {idea: title for _, idea, title in titles}
    return [
        {
            "argument": row.id,
            "idea": row.idea_id,
            "about": by_idea.get(row.idea_id),
            "stance": str(row.stance),
            "reply_to": row.reply_to_id,
            "text": row.text,
            "status": str(row.status),
            "written_at": instant(row.written_at),
            "edited_at": instant(row.edited_at),
            **({"kinder_words": str(row.kinder)} if row.kinder else {}),
            "erased_at": instant(row.redacted_at),
        }
        for row in rows
    ]


def _points_of(session: Session, participant: Participant) -> list[Document]:
    """The arguments that the person finds good, by id, since they may be hidden by now."""
    query = select(GoodPoint.argument_id, Round.n).join(Round, Round.id == GoodPoint.round_id)
    rows = session.execute(query.where(GoodPoint.participant_id == participant.id).order_by(GoodPoint.id))
    return [{"argument": argument, "round": n} for argument, n in rows]


def _turns_of(session: Session, participant: Participant) -> list[Document]:
    """The duties that the person was dealt in discussions in turns."""
    query = select(Turn, Entry.idea_id).join(Exchange, Exchange.id == Turn.exchange_id)
    query = query.join(Entry, Entry.id == Exchange.entry_id).where(Turn.participant_id == participant.id)
    return [
        {
            "idea": idea,
            "role": str(turn.role),
            "asked": str(turn.stance),
            "state": str(turn.state),
            "argument": turn.argument_id,
            "offered_at": instant(turn.offered_at),
        }
        for turn, idea in session.execute(query.order_by(Turn.id))
    ]


def _flags_of(session: Session, participant: Participant) -> list[Document]:
    """The texts that the person flagged, by id, since they may be hidden by now."""
    return [
        {
            **({"idea": row.idea_id} if row.idea_id else {"argument": row.argument_id}),
            "kind": str(row.kind),
            "words": row.words,
            "state": str(row.state),
            "flagged_at": instant(row.flagged_at),
        }
        for row in session.scalars(select(Flag).filter_by(participant_id=participant.id).order_by(Flag.id))
    ]


def _rounds_of(session: Session, latest: Round) -> Iterable[Round]:
    return session.scalars(select(Round).filter_by(challenge_id=latest.challenge_id).order_by(Round.n)).all()


def _titles(session: Session, which: object) -> list[tuple[int, int, str]]:
    """`(entry, idea, title)` of the ideas that the room sees, or saw in an earlier round; the latest round last."""
    query = select(Entry.id, Entry.idea_id, IdeaVersion.title).join(IdeaVersion, IdeaVersion.id == Entry.version_id)
    query = query.where(Entry.shown, which)  # type: ignore[arg-type]
    return list(session.execute(query.order_by(Entry.id)).tuples())


def _votes(session: Session, round: Round, question: Question, participant: Participant) -> Document:
    """The marks on one question with the receipt of the latest."""
    own = own_marks_of(session, round, participant)
    rows, receipt = own.marks[question.id], receipt_of(session, question, participant, own)
    entries = {entry for row in rows for entry in row.key}
    titles = {entry: title for entry, _, title in _titles(session, Entry.id.in_(entries))}
    return {
        "round": round.n,
        "question": question.prompt,
        **({"first_look": True} if question.is_first_look else {}),
        "rule": question.rule,
        "done_at": None if round.is_forgotten else instant(own.done.get(question.id)),
        "forgotten": round.is_forgotten,  # nobody can know the marks any more
        "receipt": receipt.receipt or None,
        "marks": [_mark(row, titles) for row in rows],
    }


def _mark(row: MarkRow, titles: dict[int, str]) -> Document:
    entry, versus = row.key
    against = {"against": versus, "against_title": titles.get(versus)} if versus else {}
    at: datetime = row.at
    return {"entry": entry, "title": titles.get(entry), **against, "value": row.value, "at": instant(at)}
