"""The people: names, languages, how long they think, what they write about."""

from __future__ import annotations

import random
from dataclasses import dataclass

FIRST_USER_ID = 100_001
FIRST_NAMES = (
    "Amara", "Boris", "Carla", "Dmitri", "Elena", "Farid", "Greta", "Hiro", "Ines", "Jonas",
    "Kofi", "Lucia", "Mehmet", "Nadia", "Oskar", "Priya", "Quentin", "Rosa", "Stefan", "Tamar",
)  # fmt: skip
LANGUAGES = ("en", "de", "es", "fr", "tr", "uk")
SUBJECTS = (
    "voucher code", "order", "payment", "delivery", "refund", "invoice", "login",
    "password", "app", "subscription", "parcel", "discount", "basket", "account",
)  # fmt: skip
COMPLAINTS = (
    "does not work since this morning", "was refused twice", "is missing", "shows an error",
    "came too late", "is charged twice", "cannot be changed", "never arrived",
    "disappeared after the update", "is not accepted in the campaign shop",
)  # fmt: skip
DETAILS = (
    "I tried it on two phones.", "The order is from last week.", "A colleague sees the same.",
    "I am in a hurry, the offer ends tonight.", "It worked with the last campaign.",
    "The page only says: try later.", "I have already restarted everything.",
    "Please tell me what you need from me.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Persona:
    """A virtual user; `source` makes this user's choices and nobody else's."""

    user_id: int
    first_name: str
    language_code: str
    think_seconds: float
    source: random.Random

    def complaint(self) -> str:
        """What is wrong, in a sentence or two."""
        subject = self.source.choice(SUBJECTS)
        sentence = f"My {subject} {self.source.choice(COMPLAINTS)}."
        if self.source.random() < 0.5:
            return sentence
        return f"{sentence} {self.source.choice(DETAILS)}"

    def question(self) -> str:
        """One to three words to search for."""
        words = [self.source.choice(SUBJECTS)]
        if self.source.random() < 0.4:
            words.append(self.source.choice(("cancel", "change", "late", "missing", "refund")))
        return " ".join(words)

    def pause_seconds(self) -> float:
        """How long this user thinks before the next step; never below a second."""
        return 1.0 + self.source.expovariate(1.0 / self.think_seconds)


def personas(count: int, seed: int) -> list[Persona]:
    """`count` users; equal seeds give equal users."""
    return [_persona(number, seed) for number in range(count)]


def _persona(number: int, seed: int) -> Persona:
    source = random.Random(f"{seed}/user/{number}")
    return Persona(
        FIRST_USER_ID + number,
        source.choice(FIRST_NAMES),
        source.choice(LANGUAGES),
        1.0 + 4.0 * source.random(),
        source,
    )
