"""Services: one function per act of a person; each act is one transaction."""
