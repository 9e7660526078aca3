"""Help on the server itself: a guide for each role, and a search in all of them. It needs no database."""

from flask import Blueprint, render_template, request

from app.pages.guides import QUERY_MAX, drawn, found_in_guides, guide_of, guides_in, ways_to_vote
from app.platform.i18n import chosen_language
from app.viewers.permissions import For, permitted

blueprint = Blueprint("guides", __name__, url_prefix="/help")


@blueprint.get("", strict_slashes=False)
@permitted(For.ANYONE)
def index() -> str:
    """All guides with their sections; with `?q=` the sections that say most about it."""
    query, language = request.args.get("q", "").strip()[:QUERY_MAX], chosen_language()
    return render_template(
        "guides/index.html",
        guides=guides_in(language),
        query=query,
        query_max=QUERY_MAX,
        found=found_in_guides(query, language) if query else [],
    )


@blueprint.get("/<role>")
@permitted(For.ANYONE)
def show(role: str) -> str:
    guide = guide_of(role, chosen_language())
    return render_template(
        "guides/show.html", guide=guide, guides=guides_in(guide.language), ways=ways_to_vote(), drawn=drawn
    )
