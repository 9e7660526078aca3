"""Whether two addresses lead to one mailbox, as far as the address tells it. A pure function."""

import unicodedata

# Providers that read "m.mueller@" and "mmueller@" as one, and their second names.
_WITHOUT_POINTS = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}


def mailbox_of(email: str) -> str:
    """The mailbox of an address: without what follows a plus sign, in small letters, the domain in its own letters
    ("müller.de", also if it is written "xn--mller-kva.de").
    """
    local, _, domain = unicodedata.normalize("NFKC", email).lower().rpartition("@")
    domain = ".".join(map(_label, domain.rstrip(".").split(".")))
    local = local.partition("+")[0] or local
    if domain in _WITHOUT_POINTS:
        return f"{local.replace('.', '')}@{_WITHOUT_POINTS[domain]}"
    return f"{local}@{domain}"


def _label(label: str) -> str:
    """A part of a domain in its own letters."""
    if not label.startswith("xn--"):
        return label
    try:
        return unicodedata.normalize("NFKC", label[4:].encode("ascii").decode("punycode"))
    except UnicodeError:
        return label
