"""Colours that programs read, beside those of the style sheet."""

GROUND = "#eef3f0"
