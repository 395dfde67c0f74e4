"""Activities of the candidates: measured, predicted with an interval, or why there is none."""

import numpy as np
import pandas as pd

from crosshub.qsar.activities import OTHER_TYPE
from crosshub.qsar.domain import least_nearness, nearest_of
from crosshub.qsar.fingerprints import structure_features
from crosshub.qsar.intervals import widths_at
from crosshub.qsar.models import find_model, fit_predict

SCORED = (
    "rank", "name", "inchikey", "smiles", "source", "activity", "activity_low", "activity_high",
    "in_domain", "nearness", "nearest", "nearest_similarity", "nearest_activity", "measurements",
    "remark",
)  # fmt: skip
MEASURED, PREDICTED, NONE = "measured", "predicted", "none"
TOO_FAR = "further from the training compounds than any prediction that was tested: no interval"
TOO_FEW = "too few compounds were tested at its distance: no interval"


def score_candidates(
    candidates: pd.DataFrame,
    compounds: pd.DataFrame,
    left_out: pd.DataFrame,
    bands: pd.DataFrame,
    *,
    model: str,
    seed: int,
) -> pd.DataFrame:
    """Predict the activity of each candidate from all compounds of a target.

    Parameters
    ----------
    candidates
        rank, name, inchikey, smiles; empty where a candidate has no structure, with no_structure.
    compounds, left_out
        Of `activities.pool_activities`.
    bands
        Of `intervals.nearness_bands`, for held-out scaffolds.
    model
        Of `models.MODELS`.
    seed
        Of the fit.

    Returns
    -------
    DataFrame
        A row for each candidate, in their order: rank, name, inchikey, smiles, source (measured:
        the compound itself is in the table; predicted; none), activity (−log10 mol/l) with its
        prediction interval, in_domain, nearness (mean similarity to the five nearest compounds of
        the table), nearest (their first), its similarity and activity, measurements, remark.
    """
    table = candidates.reindex(columns=["rank", "name", "inchikey", "smiles", "no_structure"])
    text = ["name", "inchikey", "smiles", "no_structure"]
    table[text] = table[text].astype(str).mask(table[text].isna(), "")
    table = table.reset_index(drop=True).assign(
        source=NONE, remark=table["no_structure"].to_numpy()
    )
    asked = np.flatnonzero(table["smiles"] != "")
    if len(asked):
        parts = _predict(table.loc[asked, "smiles"].tolist(), compounds, bands, model, seed)
        parts.index = asked
        table = table.join(parts)
        table.loc[asked, "source"] = PREDICTED
        table.loc[asked, "remark"] = table.loc[asked, "no_interval"]
    table = table.reindex(columns=[*SCORED])
    return _measured(table, compounds, left_out)


def _predict(
    smiles: list[str], compounds: pd.DataFrame, bands: pd.DataFrame, model: str, seed: int
) -> pd.DataFrame:
    features, bits = structure_features(compounds["smiles"])
    wanted, own_bits = structure_features(smiles)
    activity = compounds["activity"].to_numpy(float)
    if find_model(model).reads_smiles:
        features, wanted = (np.array(part, object) for part in (compounds["smiles"], smiles))
    predicted = fit_predict(model, features, activity, wanted, seed=seed)
    near, nearest, most = nearest_of(own_bits, bits)
    inside = near >= least_nearness(bits)
    half = widths_at(near, bands)
    too_far = near < bands["nearness_low"].min()
    no_interval = np.where(too_far, TOO_FAR, np.where(np.isnan(half), TOO_FEW, ""))
    names = compounds["name"].where(compounds["name"] != "", compounds["inchikey"]).to_numpy()
    return pd.DataFrame(
        {
            "activity": predicted,
            "activity_low": predicted - half,
            "activity_high": predicted + half,
            "in_domain": inside,
            "nearness": near,
            "nearest": names[nearest],
            "nearest_similarity": most,
            "nearest_activity": activity[nearest],
            "no_interval": no_interval,
        }
    )


def _measured(table: pd.DataFrame, compounds: pd.DataFrame, left_out: pd.DataFrame) -> pd.DataFrame:
    """Put what was measured in place of what was predicted; say where it was no exact value."""
    known = compounds.set_index("inchikey")
    for place, key in table["inchikey"].items():
        if key in known.index:
            table.loc[place, ["source", "remark"]] = MEASURED, ""
            table.loc[place, "activity"] = known.loc[key, "activity"]
            table.loc[place, "measurements"] = known.loc[key, "measurements"]
            table.loc[place, ["activity_low", "activity_high"]] = np.nan
    predicted = table["source"] == PREDICTED
    wanted = set(table.loc[predicted, "inchikey"]) - {""}
    others = left_out[left_out["inchikey"].isin(wanted)]
    bounds = {key: _values(rows) for key, rows in others.groupby("inchikey")}
    skeletons = compounds.groupby(compounds["inchikey"].str[:14])
    for place in table.index[predicted]:
        key = table.loc[place, "inchikey"]
        notes = [bounds.get(key, ""), table.loc[place, "remark"]]
        if key[:14] in skeletons.groups:
            notes.insert(0, _relatives(skeletons.get_group(key[:14])))
        table.loc[place, "remark"] = "; ".join(filter(None, notes))
    return table


def _values(rows: pd.DataFrame) -> str:
    """Write the measurements of a compound that were left out; those of the own type first."""
    rows = rows.assign(other=rows["reason"].str.startswith(OTHER_TYPE))
    written = []
    for row in rows.sort_values("other", kind="stable").to_dict("records"):
        relation = row["relation"].strip("'\" ")
        parts = (row["type"], relation, row["value"], row["unit"])
        written.append(f"{' '.join(filter(None, parts))} ({row['reason']})")
    return f"in the table, but left out: {', '.join(dict.fromkeys(written))}"


def _relatives(rows: pd.DataFrame) -> str:
    """Write the activities of compounds that differ in stereochemistry or the like alone."""
    names = rows["name"].where(rows["name"] != "", rows["inchikey"])
    written = [f"{name} {value:.2f}" for name, value in zip(names, rows["activity"], strict=True)]
    return f"the same skeleton was measured: {', '.join(written)}"
