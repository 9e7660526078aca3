"""The domain: what a challenge, an idea and a vote are. No HTTP, no sockets, no templates, no current user."""
