"""A rehearsal: a simulated crowd that joins, writes and votes over HTTP and WebSockets.

It replays a Polis conversation against a running server. At the end it checks that every acknowledged mark is stored
exactly once. The package does not use the database: it sees only the data that a browser sees.
"""
