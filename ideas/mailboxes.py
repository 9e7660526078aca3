"""Whether two addresses lead to one mailbox, as far as the address tells it. A pure function."""

# Providers that read "m.mueller@" and "mmueller@" as one, and their second names.
_WITHOUT_POINTS = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}


def mailbox_of(email: str) -> str:
    """The mailbox of an address: without what follows a plus sign, in small letters."""
    local, _, domain = email.lower().rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _WITHOUT_POINTS:
        return f"{local.replace('.', '')}@{_WITHOUT_POINTS[domain]}"
    return f"{local}@{domain}"
