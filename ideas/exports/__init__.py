"""Exports of a closed round, one writer per format. Who may have one is asked at the door, not here."""

from ideas.exports.csv import write_csv, write_hands_csv
from ideas.exports.json import write_json
from ideas.exports.xlsx import write_xlsx

__all__ = ["write_csv", "write_hands_csv", "write_json", "write_xlsx"]
