"""E-mail addresses: what is one here, and how mail servers write it."""

import re

from email_validator import EmailSyntaxError, validate_email
from flask import current_app

_OWN_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")

# Any public domain: the part before the @ of an address is checked with it.
_STAND_IN = "example.org"


def normalised(typed: str) -> str:
    """An address in normal form. :raise EmailNotValidError:"""
    if domain := _permitted_domain(typed):
        return f"{_local_part(typed)}@{domain}"
    return validate_email(typed, check_deliverability=False).normalized


def sendable(address: str) -> str:
    """The address with its domain as mail servers know it (IDNA). What stands before the @ may need SMTPUTF8.

    :raise EmailNotValidError:
    """
    if domain := _permitted_domain(address):
        return f"{_local_part(address)}@{domain}"
    found = validate_email(address, check_deliverability=False, test_environment=True)
    return f"{found.local_part}@{found.ascii_domain}"


def _permitted_domain(typed: str) -> str | None:
    """The domain of an address if it is not public and the operator permits it (MAIL_DOMAINS)."""
    domain = typed.rpartition("@")[2].lower()
    is_listed = any(domain == own or domain.endswith(f".{own}") for own in current_app.config["MAIL_DOMAINS"])
    if is_listed and (not _OWN_DOMAIN.fullmatch(domain) or ".." in domain):
        raise EmailSyntaxError("The domain is not written as a domain is.")
    return domain if is_listed else None


def _local_part(typed: str) -> str:
    before = typed.rpartition("@")[0]
    return validate_email(f"{before}@{_STAND_IN}", check_deliverability=False).local_part
