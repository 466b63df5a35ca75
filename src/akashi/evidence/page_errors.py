"""Why a page of the documentation cannot be made."""

from __future__ import annotations


class PageRefused(Exception):  # noqa: N818 - the page is not made
    """What a page is made from does not fit together; the text says which file and what is missing."""
