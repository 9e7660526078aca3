"""Parsed inputs: a form becomes a dataclass, or `Invalid` names the problem of each field."""
