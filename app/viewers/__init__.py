"""Who is looking: browsers, persons, accounts, join codes and return links."""
