"""Personal invitations: the pages on which members make them, the pages behind their links, and the way out."""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app import labels
from app.inputs import participants as inputs
from app.inputs.invitations import PEOPLE_MAX, PeopleList, as_lines, people_in, text_of
from app.inputs.organisations import role_of
from app.inputs.participants import NameDraft
from app.mails import are_sent
from app.platform import limits
from app.platform.errors import TooMany, explanation_of, messages_of, status_of
from app.platform.i18n import locale_of
from app.platform.invitation_links import address_digest, address_in, link_of, token_of
from app.viewers import identity, join_codes, names, return_links
from app.viewers.permissions import For, permitted
from ideas import policy
from ideas.database import db, require
from ideas.errors import Barred, ChallengeFull, Conflict, Invalid, NameTaken, NotFound, RoundIsClosed, TooManyInvited
from ideas.invitations import LIFETIME, invitation_by
from ideas.models import OWNING, STEERING, Challenge, InvitationKind, Organisation, Person, PersonalInvitation, Role
from ideas.people import new_nonce
from ideas.queries.inviting import InvitationRow, invitation_rows, moderators_of
from ideas.queries.rooms import phase_path
from ideas.queries.rounds import current_round
from ideas.services import inviting
from ideas.services.inviting import InvitedTo, Invitee
from ideas.services.participants import join_by_invitation, may_join
from ideas.texts import NAME_MAX

# Such mails go to people who never asked for one, with the words of a challenge in them: whoever may invite must not be
# able to flood a stranger, nor to send to very many.
ADDRESS_LIMIT = "3 per day"
SENDER_LIMIT = "400 per day"

blueprint = Blueprint("inviting", __name__)

Answer = str | Response | tuple[str, int]


@dataclass(frozen=True)
class InvitingPlace:
    """A page on which people are invited."""

    of: InvitedTo
    organisation: Organisation
    challenge: Challenge | None

    @property
    def url(self) -> str:
        if self.challenge is None:
            return url_for("inviting.members", organisation_id=self.organisation.id)
        page = "moderators" if self.of.kind == InvitationKind.MODERATOR else "people"
        return url_for(f"inviting.{page}", challenge_id=self.challenge.id)

    @property
    def language(self) -> str:
        """The language of the mails: the challenge's, else the inviting person's."""
        return self.challenge.language if self.challenge else str(get_locale())


@blueprint.route("/organisations/<int:organisation_id>/invited", methods=["GET", "POST"])
@permitted(For.OWNER)
def members(organisation_id: int) -> Answer:
    """Invite members by a list of addresses."""
    policy.require_role(db.session(), current_user.actor, organisation_id, OWNING)
    role = role_of(request.form) if request.method == "POST" else Role.VIEWER
    of = InvitedTo(InvitationKind.MEMBER, organisation_id, role=role)
    return _answer(InvitingPlace(of, db.session.get_one(Organisation, organisation_id), None))


@blueprint.route("/challenges/<challenge:challenge_id>/people", methods=["GET", "POST"])
@permitted(For.MODERATOR)
def people(challenge_id: int) -> Answer:
    """Invite participants by a list of addresses."""
    return _answer(_place(challenge_id, InvitationKind.PARTICIPANT))


@blueprint.route("/challenges/<challenge:challenge_id>/moderators", methods=["GET", "POST"])
@permitted(For.MODERATOR)
def moderators(challenge_id: int) -> Answer:
    """Invite people to moderate one challenge, and take it back."""
    return _answer(_place(challenge_id, InvitationKind.MODERATOR))


def _place(challenge_id: int, kind: InvitationKind) -> InvitingPlace:
    challenge = policy.role_access(db.session(), current_user.actor, challenge_id, STEERING).challenge
    if challenge.published_at is None:
        raise NotFound
    return InvitingPlace(InvitedTo(kind, challenge.organisation_id, challenge.id), challenge.organisation, challenge)


def _answer(place: InvitingPlace) -> Answer:
    if request.method == "GET":
        return _page(place)
    if "link" in request.form:
        return _linked(place)
    if "addresses" not in request.form:
        return _page(place)
    try:
        typed = "\n".join(filter(None, (request.form["addresses"], text_of(request.files.get("file")))))
    except Invalid as error:
        return _page(place, typed=request.form["addresses"], errors=messages_of(error)), 400
    found = people_in(typed)
    if not found.people:
        errors = {"addresses": _("No address was found.") if found.refused else labels.messages({"": "missing"})[""]}
        return _page(place, typed=typed, found=found, errors=errors), 400
    if "send" not in request.form:
        return _page(place, typed=typed, found=found)
    return _sent(place, found)


def _sent(place: InvitingPlace, found: PeopleList) -> Answer:
    """Make the invitations; who was left out stays in the box, with the reason."""
    left_out: dict[str, str] = {}
    for person in found.people if are_sent() else ():
        try:
            limits.spend(SENDER_LIMIT, "invitations", str(current_user.account.id))
            limits.spend(ADDRESS_LIMIT, "invited", address_digest(person.email))
        except TooMany:
            over = limits.is_spent(SENDER_LIMIT, "invitations", str(current_user.account.id))
            left_out[person.email] = "sender_limit" if over else "address_limit"
    rest = found.without(left_out)
    invitees = [_invitee(person.email, person.name) for person in rest.people]
    try:
        invited = inviting.invite_people(current_user.actor, place.of, invitees, place.language, by_mail=are_sent())
    except TooManyInvited as error:
        db.session.rollback()
        return _page(_again(place), typed=as_lines(found.people), found=found, errors={"": explanation_of(error)}), 409
    rest = rest.without(dict(invited.left_out))
    if invited.made:
        made = ngettext("%(num)s invitation is made.", "%(num)s invitations are made.", invited.made)
        sent = ngettext("The mail is on its way.", "The mails are on their way.", invited.made)
        flash(f"{made} {sent}" if are_sent() else made, "success")
    if rest.refused:
        kept = "\n".join(each.line for each in rest.refused)
        return _page(_again(place), typed=kept, found=PeopleList([], rest.refused))
    return redirect(place.url + "#invitations", 303)


def _again(place: InvitingPlace) -> InvitingPlace:
    """The place, read anew after a transaction."""
    if place.of.challenge_id is None:
        return InvitingPlace(place.of, db.session.get_one(Organisation, place.of.organisation_id), None)
    return _place(place.of.challenge_id, place.of.kind)


def _linked(place: InvitingPlace) -> Response:
    """Make a link that is passed on by hand."""
    inviting.invite_people(current_user.actor, place.of, [_invitee()], place.language, by_mail=False)
    flash(_("The link is below. Copy it and send it to one person."), "success")
    return redirect(place.url + "#invitations", 303)


def _invitee(email: str = "", name: str = "") -> Invitee:
    nonce = new_nonce()
    return Invitee(nonce, token_of(nonce), email, name, address_digest(email) if email else "")


def _page(
    place: InvitingPlace, *, typed: str = "", found: PeopleList | None = None, errors: dict[str, str] | None = None
) -> str:
    session, of = db.session(), place.of
    rows = invitation_rows(session, of.kind, of.organisation_id, of.challenge_id)
    is_over = place.challenge is not None and current_round(session, place.challenge.id).is_closed
    return render_template(
        "invitations/show.html",
        place=place,
        kind=str(of.kind),
        role=str(of.role or ""),
        rows=rows,
        moderators=moderators_of(session, of.challenge_id or 0) if of.kind == InvitationKind.MODERATOR else [],
        link_of=_link,
        is_over=is_over,
        typed=typed,
        found=found or PeopleList(),
        errors=errors or {},
        sends_mail=are_sent(),
        people_max=PEOPLE_MAX,
        days=LIFETIME.days,
    )


def _link(row: InvitationRow) -> str:
    """The link of an invitation that still opens something: a participant's is a way back, too."""
    is_way_back = row.kind == InvitationKind.PARTICIPANT and row.state == "accepted"
    return link_of(row.kind, row.nonce) if row.is_open or is_way_back else ""


@blueprint.post("/personal-invitations/<int:invitation_id>/withdrawal")
@permitted(For.MODERATOR)
def withdraw(invitation_id: int) -> Response:
    of = inviting.withdraw(current_user.actor, invitation_id)
    flash(_("The invitation is withdrawn. Its link opens nothing any more."), "success")
    return redirect(_again_after(of), 303)


def _again_after(of: InvitedTo) -> str:
    if of.challenge_id is None:
        return url_for("inviting.members", organisation_id=of.organisation_id)
    page = "moderators" if of.kind == InvitationKind.MODERATOR else "people"
    return url_for(f"inviting.{page}", challenge_id=of.challenge_id)


@blueprint.post("/challenges/<int:challenge_id>/moderators/<int:person_id>/removal")
@permitted(For.MODERATOR)
def remove(challenge_id: int, person_id: int) -> Response:
    inviting.end_moderation(current_user.actor, challenge_id, person_id)
    flash(_("The person does not moderate this challenge any more."), "success")
    return redirect(url_for("inviting.moderators", challenge_id=challenge_id), 303)


# The pages behind the links


@blueprint.route("/invited/<token>", methods=["GET", "POST"])
@permitted(For.TOKEN)
def accept(token: str) -> Answer:
    """An invitation to one challenge: to moderate it, or to take part. A used link of a participant leads back."""
    invitation = invitation_by(db.session(), token, InvitationKind.MODERATOR, InvitationKind.PARTICIPANT)
    if invitation.kind == InvitationKind.MODERATOR:
        return _moderate(token, invitation)
    if invitation.accepted_at is not None:
        return _back(invitation)
    return _take_place(token, invitation)


def _moderate(token: str, invitation: PersonalInvitation) -> Answer:
    if invitation.accepted_at is not None:
        return redirect(url_for("console.show", challenge_id=invitation.challenge_id), 303)
    policy.require_open(current_round(db.session(), invitation.challenge_id))
    if request.method == "GET":
        return _moderation(invitation)
    try:
        taken = inviting.accept_moderation(
            current_user.actor, token, request.form.get("name", ""), locale_of(request.form)
        )
    except Invalid as error:
        db.session.rollback()
        found = invitation_by(db.session(), token, InvitationKind.MODERATOR)
        return _moderation(found, messages_of(error)), 400
    except Conflict:
        db.session.rollback()
        flash(_("You moderate this challenge already. The link still works for someone else."))
        found = invitation_by(db.session(), token, InvitationKind.MODERATOR)
        return redirect(url_for("console.show", challenge_id=found.challenge_id), 303)
    if current_user.person_id != taken.person_id:
        identity.enter_as(taken.person_id)
    flash(_("Welcome! You moderate this challenge now."), "success")
    return redirect(url_for("console.show", challenge_id=taken.challenge_id), 303)


def _moderation(invitation: PersonalInvitation, errors: dict[str, str] | None = None) -> str:
    own = current_user.account.name if current_user.account else ""
    return render_template(
        "invitations/moderate.html",
        challenge=invitation.challenge,
        organisation=invitation.organisation.name,
        name=request.form.get("name", own or invitation.name),
        errors=errors or {},
        name_max=NAME_MAX,
    )


def _back(invitation: PersonalInvitation) -> Answer:
    """The way back into the room: at once for its person, by a button for another browser of a guest."""
    room = url_for("rooms.show", challenge_id=invitation.challenge_id)
    if invitation.person_id is None or invitation.person_id == current_user.person_id:
        return redirect(room, 303)
    link = return_links.link_of(db.session.get_one(Person, invitation.person_id))
    return redirect(link or url_for("accounts.sign_in", next=room), 303)


def _take_place(token: str, invitation: PersonalInvitation) -> Answer:
    challenge = require(db.session(), Challenge, invitation.challenge_id or 0)
    own = policy.participation(db.session(), current_user.actor, challenge.id)
    if own and own.barred_at:
        raise Barred
    if not may_join(db.session(), challenge):
        return _shut(challenge)
    if request.method == "GET":
        name = own.name if own else invitation.name
        return _join_page(challenge, NameDraft(name or names.suggest(db.session(), challenge.id, str(get_locale()))))
    try:
        network = join_codes.network_digest(challenge.id)
        joined = join_by_invitation(current_user.actor, token, inputs.typed_name(), locale_of(request.form), network)
    except NameTaken as error:
        db.session.rollback()
        challenge = require(db.session(), Challenge, challenge.id)
        free = names.suggest(db.session(), challenge.id, str(get_locale()))
        return _join_page(challenge, inputs.draft_taken(error, free)), status_of(error)
    except Invalid as error:
        db.session.rollback()
        return _join_page(require(db.session(), Challenge, challenge.id), inputs.draft_after(error)), 400
    except (ChallengeFull, RoundIsClosed):
        db.session.rollback()
        return _shut(require(db.session(), Challenge, challenge.id))
    if joined.person_id != current_user.person_id:
        identity.enter_as(joined.person_id)
    return redirect(url_for("rooms.show", challenge_id=challenge.id), 303)


def _join_page(challenge: Challenge, draft: NameDraft) -> str:
    round = current_round(db.session(), challenge.id)
    return render_template(
        "invitations/join.html",
        challenge=challenge,
        organisation=challenge.organisation.name,
        phases=phase_path(round),
        draft=draft,
        name_max=NAME_MAX,
    )


def _shut(challenge: Challenge) -> tuple[str, int]:
    round = current_round(db.session(), challenge.id)
    shows_result = round.is_closed and policy.shows_result(db.session(), challenge.id)
    page = render_template(
        "participants/shut.html", challenge=challenge, is_closed=round.is_closed, shows_result=shows_result
    )
    return page, 409


# The way out


@blueprint.route("/no-invitations/<token>", methods=["GET", "POST"])
@permitted(For.TOKEN)
def stop(token: str) -> Answer:
    """Ask for no further invitations: one button here, or one press in a mail program (RFC 8058)."""
    address = address_in(token)
    if request.method == "POST":
        inviting.opt_out(address)
    return render_template("invitations/stop.html", is_done=request.method == "POST")
