"""Friendly names for guests: an animal and a number, free in the challenge."""

import secrets

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideas.models import Participant
from ideas.names import look_key

_GERMAN = """
Ameise Amsel Biber Biene Bussard Dachs Delfin Drossel Eichhorn Eisvogel Elster Ente Eule Falke Fasan
Fink Fuchs Gans Grille Habicht Hamster Hase Hecht Hirsch Hummel Igel Iltis Kauz Kiebitz Kolibri
Kranich Kuckuck Lachs Lerche Libelle Luchs Marder Maulwurf Meise Milan Molch Möwe Otter Pirol Qualle
Rabe Reh Reiher Robbe Rotkehlchen Salamander Schwalbe Schwan Seestern Specht Sperling Star Storch
Taube Uhu Wal Wiesel Wisent Zaunkönig Zeisig
"""
_ENGLISH = """
Ant Badger Bat Beaver Bee Bison Blackbird Butterfly Buzzard Cricket Crane Cuckoo Deer Dolphin Dove
Dragonfly Duck Falcon Ferret Finch Fox Frog Goose Hamster Hare Hawk Hedgehog Heron Hummingbird Jay
Kingfisher Kite Lapwing Lark Lynx Magpie Marten Mole Moth Newt Nightingale Osprey Otter Owl Pheasant
Pike Puffin Raven Robin Salmon Seal Sparrow Squirrel Starfish Starling Stork Swallow Swan Swift
Thrush Toad Whale Woodpecker Wren
"""
ANIMALS = {"de": _GERMAN.split(), "en": _ENGLISH.split()}

NUMBERS = 99
TRIES = 40


def suggest(session: Session, challenge_id: int, language: str) -> str:
    """A name that nobody in the challenge has now (another person may still take it first)."""
    animals = ANIMALS.get(language[:2], ANIMALS["en"])
    for numbers in (NUMBERS, NUMBERS * 100, NUMBERS * 10_000):
        names = [f"{secrets.choice(animals)} {1 + secrets.randbelow(numbers)}" for _ in range(TRIES)]
        keys = {look_key(name) for name in names}
        taken = set(
            session.scalars(
                select(Participant.look_key).where(
                    Participant.challenge_id == challenge_id, Participant.look_key.in_(keys)
                )
            )
        )
        free = [name for name in names if look_key(name) not in taken]
        if free:
            return free[0]
    return f"{animals[0]} {secrets.randbelow(10**9)}"
