"""What a person types into the search, letter by letter."""

from typing import Final

QUERIES: Final = ("nguyễn văn h", "hoang thi th", "Ma Văn Tuấn", "lo a", "0082", "09123")
"""With marks and without, with capitals, of a people whose names are short, an identity number, a phone number."""


def steps(query: str) -> list[str]:
    """Return what stands in the field after each letter that changes the question; a space alone does not."""
    return [query[: end + 1] for end in range(len(query)) if query[end] != " "]
