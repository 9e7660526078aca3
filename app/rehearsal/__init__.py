"""A rehearsal: a simulated crowd that really joins, really writes and really votes, over HTTP and WebSockets.

It replays a Polis conversation against a running server and checks at the end that every mark that was
acknowledged is stored, once. Nothing here knows the database: it sees what a browser sees.
"""
