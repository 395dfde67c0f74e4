"""What a run recovered of the truth that a simulated study planted."""

import pandas as pd

COLUMNS = [
    "what",
    "planted",
    "found",
    "true_positive",
    "false_positive",
    "recall",
    "false_discovery_rate",
]


def recover_truth(
    truth: pd.DataFrame,
    genes: pd.DataFrame,
    identity: pd.DataFrame,
    compounds: pd.DataFrame | None,
) -> pd.DataFrame:
    """Compare what was planted with what was found.

    Parameters
    ----------
    truth
        what, item, detail, of the simulation.
    genes
        Shared genes of the comparison of all diseases.
    identity
        Links of the study.
    compounds
        Candidates, or None where no compound was matched.

    Returns
    -------
    DataFrame
        what (shared_all, shared_all_direction, duplicates, reversers_at_the_head: among the first
        compounds of the list, as many as were planted), planted, found, true_positive,
        false_positive, recall, false_discovery_rate.
    """
    planted = truth[truth["what"] == "shared_all"].set_index("item")["detail"]
    found = genes[genes["shared"]].set_index("gene")["direction"]
    rows = [_row("shared_all", set(planted.index), set(found.index))]
    rows.append(_row("shared_all_direction", set(planted.items()), set(found.items())))
    pairs = truth[truth["what"] == "duplicate"]
    duplicates = {frozenset(pair) for pair in zip(pairs["item"], pairs["detail"], strict=True)}
    linked = identity[identity["sample_a"] != identity["sample_b"]]
    links = {frozenset(p) for p in zip(linked["sample_a"], linked["sample_b"], strict=True)}
    rows.append(_row("duplicates", duplicates, links))
    if compounds is not None:
        reversers = set(truth.loc[truth["what"] == "reverser", "item"])
        # More than were planted cannot be right, and would make perfect recovery look wrong.
        head = set(compounds.sort_values("rank").head(len(reversers))["name"])
        rows.append(_row("reversers_at_the_head", reversers, head))
    return pd.DataFrame(rows, columns=COLUMNS)


def _row(what: str, planted: set, found: set) -> tuple:
    hits = len(planted & found)
    wrong = len(found - planted)
    recall = hits / len(planted) if planted else float("nan")
    return what, len(planted), len(found), hits, wrong, recall, wrong / max(len(found), 1)
