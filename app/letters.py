"""The mails: what stands in them. Sending is `app.mail`'s."""

from dataclasses import dataclass

from flask_babel import gettext as _


@dataclass(frozen=True)
class Letter:
    subject: str
    body: str


def confirmation(link: str) -> Letter:
    return Letter(
        _("Confirm your address"),
        _(
            "Hello,\n\nwith this link you confirm that this address is yours:\n\n%(link)s\n\n"
            "It works for seven days. If you did not open an account, do nothing.\n",
            link=link,
        ),
    )


def welcome(link: str) -> Letter:
    return Letter(
        _("Your account"),
        _(
            "Hello,\n\nwith this link you choose a password, and your account is open:\n\n%(link)s\n\n"
            "It works once, for two hours. If you did not ask for an account, do nothing.\n",
            link=link,
        ),
    )


def known(link: str) -> Letter:
    return Letter(
        _("You have an account"),
        _(
            "Hello,\n\nsomebody wanted to open an account with this address. There is one already: sign in with your "
            "password. With this link you choose a new one:\n\n%(link)s\n\n"
            "It works once, for two hours. If it was not you, do nothing: your password stays as it is.\n",
            link=link,
        ),
    )


def reset(link: str) -> Letter:
    return Letter(
        _("Choose a new password"),
        _(
            "Hello,\n\nwith this link you choose a new password:\n\n%(link)s\n\n"
            "It works once, for two hours. If you did not ask for it, do nothing: your password stays as it is.\n",
            link=link,
        ),
    )
