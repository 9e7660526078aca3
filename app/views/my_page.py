"""My page: all that the person of this browser did and got, an account holder or a guest, by challenge."""

from flask import Blueprint, render_template, request
from flask_login import current_user

from app.inputs.lists import asked_of
from app.pages.orders import state_tag
from app.pages.rooms import owner_key
from app.platform import slugs
from app.platform.qr_codes import qr_svg
from app.viewers import return_links
from app.viewers.permissions import For, permitted
from ideas.database import db, require
from ideas.models import Person
from ideas.queries.company_dues import years_of_worker
from ideas.queries.my_page import my_challenges
from ideas.queries.orders import own_orders

CHALLENGES_SHOWN = 8

# Of each challenge so many ideas and arguments stand open; the others are behind "show all".
SHOWN = 4

blueprint = Blueprint("my_page", __name__)


@blueprint.get("/me")
@permitted(For.PERSON)
def show() -> str:
    session = db.session()
    page = my_challenges(session, current_user.person_id, asked_of(request.args, "challenges", CHALLENGES_SHOWN))
    slugs.know({row.id: row.slug for row in page.rows})
    is_guest = current_user.account is None
    link = return_links.link_of(require(session, Person, current_user.person_id)) if is_guest else None
    orders = own_orders(session, current_user.actor)
    return render_template(
        "my_page/show.html",
        page=page,
        asked=[(row, idea) for row in page.rows for idea in row.ideas if idea.asked and row.is_here],
        owners={row.id: owner_key(row.id, row.participant_id) for row in page.rows if row.is_here},
        orders=[(row, state_tag(row.order)) for row in orders],
        years=years_of_worker(session, current_user.person_id) if orders else [],
        shown=SHOWN,
        link=link,
        qr=qr_svg(link) if link else None,
    )
