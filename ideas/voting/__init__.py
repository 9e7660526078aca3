"""Counting: pure functions over plain numbers. No database."""
