"""One function per thing that a person can do; each is one transaction."""
