"""Reads, batched by ids: small frozen rows for pages, fragments, exports and the API. Never HTML."""
