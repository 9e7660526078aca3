"""What people send, parsed: a form becomes a dataclass, or `Invalid` says what is wrong with which field."""
