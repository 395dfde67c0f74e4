"""A first draft of a study, guessed from what submitters wrote of their samples.

Everything here is a guess that a person has to check; nothing here reads or writes a file.
"""

from crosshub.draft.fields import Field, survey
from crosshub.draft.groups import Contrast, Group, guess_contrast
from crosshub.draft.names import Name, slug_of, unify
from crosshub.draft.people import People
from crosshub.draft.recipes import draft_recipe
from crosshub.draft.rows import (
    COLUMNS,
    OPTIONAL,
    Draft,
    SeriesDraft,
    draft_series,
    empty_row,
    only_disease,
    put_together,
)

__all__ = [
    "COLUMNS",
    "OPTIONAL",
    "Contrast",
    "Draft",
    "Field",
    "Group",
    "Name",
    "People",
    "SeriesDraft",
    "draft_recipe",
    "draft_series",
    "empty_row",
    "guess_contrast",
    "only_disease",
    "put_together",
    "slug_of",
    "survey",
    "unify",
]
