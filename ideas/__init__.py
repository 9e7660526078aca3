"""The domain: challenges, ideas and votes. No HTTP, no sockets, no templates, no current user."""
