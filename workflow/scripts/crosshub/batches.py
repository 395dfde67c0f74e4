"""Fields that name a batch: what was worked on together, on one day, plate or chip."""

import re

import pandas as pd

_BATCH_LIKE = re.compile(
    r"(?:^|[\W_])(?:batch(?:es)?|plate|chip|slide|beadchip|sentrix|run|sites?|cent(?:er|re)s?|"
    r"hospital|clinic|laboratory|lane|flow[\W_]?cell|arrays?|library|platform[\W_]?id|"
    r"instrument|scanner|operator|(?:extract|label|hyb|scan)_protocol\w*|data_processing)"
    r"(?:$|[\W_]|\d)",
    re.IGNORECASE,
)
# A biopsy's site is anatomy; a contact's laboratory is the same for all.
_NOT_BATCH = re.compile(
    r"(?:biops\w*|tumou?r|tissue|body|anatomic\w*|lesion|sampling|primary|metast\w*|disease)[\W_]*"
    r"site|site[\W_]*of|contact_|array[\W_]*(?:type|design)|run[\W_]*in",
    re.IGNORECASE,
)


def is_batch_like(name: str) -> bool:
    """Say whether a field's name is one that batches have."""
    return bool(_BATCH_LIKE.search(name)) and not _NOT_BATCH.search(name)


def is_numbered_batch(name: str, values: pd.Series) -> bool:
    """Say whether a covariate holds batches numbered 1, 2, 3: names, not amounts."""
    numbers = pd.to_numeric(values, errors="coerce")
    few = values.nunique() <= len(values) // 2
    return is_batch_like(name) and few and bool((numbers % 1 == 0).all())
