"""The viewer of a request: browsers, persons, accounts, join codes and return links."""
