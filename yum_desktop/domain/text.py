"""Vietnamese text: comparing without marks, and the order of names (domain §6.6, §6.7)."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

_LETTERS: Final = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_PLACES: Final = {letter: place + 17 for place, letter in enumerate(_LETTERS)}
_TONES: Final = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}
_MARKED: Final = {
    ("a", "\u0306"): "ă",
    ("a", "\u0302"): "â",
    ("e", "\u0302"): "ê",
    ("o", "\u0302"): "ô",
    ("o", "\u031b"): "ơ",
    ("u", "\u031b"): "ư",
}
_BREAKS: Final = "-'.,"
_FOREIGN: Final = 200
_SPACE: Final = b"\1"
_WORDS_MAX: Final = 16_384
"""Words whose keys are remembered: names are made of a few thousand syllables."""


def nfc(text: str) -> str:
    """Return `text` composed, without spaces around it and with single ones inside."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def capitalised(text: str) -> str:
    """Return a name of one case in small letters with capitals; one of both cases as it is."""
    if not (text.isupper() or text.islower()):
        return text
    return re.sub(r"[^\W\d_]+", lambda word: word[0][:1].upper() + word[0][1:].lower(), text)


def fold(text: str) -> str:
    """Return `text` in small letters without marks, đ as d, with single spaces: for searching and comparing."""
    return " ".join(map(_folded, text.split()))


@lru_cache(_WORDS_MAX)
def _folded(word: str) -> str:
    plain = unicodedata.normalize("NFD", word.casefold())
    kept = "".join(char for char in plain if not unicodedata.combining(char))
    return kept.replace("đ", "d").replace("ð", "d")


def spelling(text: str) -> tuple[tuple[str, str], ...]:
    """Return each word's letters and its tones: equal for *hòa* and *hoà*, and for capitals and small letters."""
    found = []
    for word in unicodedata.normalize("NFD", text.casefold()).split():
        letters = "".join(char for char in word if char not in _TONES)
        found.append((letters, "".join(char for char in word if char in _TONES)))
    return tuple(found)


def text_key(text: str) -> bytes:
    """Return bytes that sort as Vietnamese does: letters first, then tones, then capitals."""
    return _joined(tuple(text.split()))


@lru_cache(_WORDS_MAX)
def _joined(words: tuple[str, ...]) -> bytes:
    if not words:
        return b"\0\0"
    letters, tones, capitals = zip(*map(_word_key, words), strict=True)
    return b"\0".join((_SPACE.join(letters), b"\0".join(tones), b"\0".join(capitals)))


@lru_cache(_WORDS_MAX)
def _word_key(word: str) -> tuple[bytes, bytes, bytes]:
    letters, tones, capitals, before = bytearray(), bytearray(), bytearray(), ""
    for char in unicodedata.normalize("NFD", word):
        if char in _TONES and letters:
            tones[-1] = _TONES[char]
            continue
        small = char.lower()
        marked = _MARKED.get((before, char))
        if marked is not None and letters:
            before = marked
            letters[-1] = _PLACES[marked]
            continue
        letters.append(_place(small))
        tones.append(0)
        capitals.append(char != small)
        before = small
    return bytes(letters), bytes(tones), bytes(capitals)


def _place(small: str) -> int:
    if small in _PLACES:
        return _PLACES[small]
    if small in "0123456789":
        return 3 + int(small)
    return _SPACE[0] if small in _BREAKS else _FOREIGN


def name_key(full_name: str, sort_name: str | None = None) -> bytes:
    """Return bytes that sort people as lists do: by given name, then by family and middle names.

    Args:
        full_name: Family name first.
        sort_name: The given name where it is not the last word, as with many peoples' names.
    """
    words = tuple(full_name.split())
    if sort_name:
        return text_key(sort_name) + b"\0" + _joined(words)
    return _joined(words[-1:]) + b"\0" + _joined(words[:-1])
