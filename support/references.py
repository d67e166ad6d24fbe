"""What names a case to people: eight letters and digits that nobody confuses on the telephone, such as 7KQ4-M2XD."""

import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # without 0 O, 1 I L, U
LETTERS = 8


def new_reference() -> str:
    return shown("".join(secrets.choice(ALPHABET) for _letter in range(LETTERS)))


def shown(letters: str) -> str:
    return f"{letters[:4]}-{letters[4:]}"


def reference_in(typed: str) -> str:
    """The reference as we write it, however somebody typed it; "" if it can be none."""
    letters = "".join(letter for letter in typed.upper() if letter.isalnum())
    return shown(letters) if len(letters) == LETTERS and set(letters) <= set(ALPHABET) else ""
