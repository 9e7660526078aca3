"""The pages of the links in mails about news. They work without signing in, in any browser."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from app.viewers import mail_links
from app.viewers.permissions import For, permitted
from ideas.services import notifications

blueprint = Blueprint("mail_links", __name__)

Answer = str | Response | tuple[str, int]


@blueprint.get("/mails/off/<token>")
@permitted(For.TOKEN)
def off(token: str) -> str:
    """Show one button: programs that check the links of a mail open this page, too."""
    mail_links.person_of_off(token)
    return render_template("mail_links/off.html", token=token, is_off=False)


@blueprint.post("/mails/off/<token>")
@permitted(For.TOKEN)
def switch_off(token: str) -> Answer:
    """Switch the mails off. Mail programs post this without a browser (RFC 8058): there is no token and no number."""
    notifications.switch_mails(mail_links.person_of_off(token), on=False)
    return render_template("mail_links/off.html", token=token, is_off=True)


@blueprint.post("/mails/on/<token>")
@permitted(For.TOKEN)
def switch_on(token: str) -> Response:
    """Take it back."""
    notifications.switch_mails(mail_links.person_of_off(token), on=True)
    flash(_("You get mails about news again."), "success")
    return redirect(url_for("mail_links.off", token=token), 303)


@blueprint.route("/mails/address/<token>", methods=["GET", "POST"])
@permitted(For.TOKEN)
def address(token: str) -> Answer:
    """Confirm the address of a guest, by one button."""
    person_id, email = mail_links.address_of(token)
    if request.method == "GET":
        return render_template("mail_links/address.html", token=token, email=email)
    notifications.confirm_address(person_id, email)
    flash(_("Your address is confirmed. You get one mail a day, and none if nothing happened."), "success")
    is_here = current_user.person_id == person_id
    return redirect(url_for("news.settings") if is_here else url_for("home.index"), 303)
