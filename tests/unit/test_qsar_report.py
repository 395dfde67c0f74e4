"""The section on predicted activity: complete, and safe whatever names tables hold."""

import numpy as np
import pandas as pd
import pytest
from crosshub import figures
from crosshub.qsar.models import MODELS
from crosshub.qsar.scoring import SCORED
from crosshub.report.methods import MODEL_WORDS
from crosshub.report.papers import cite
from crosshub.tables import write_json, write_table
from test_figures import HOSTILE
from test_report import Reader, build, config, seen

ITEM = {"target": "kinase", "activities": "kinase.csv"}


def verdict(**changes):
    plain = {
        "target": "kinase", "type": "IC50", "rows": 50, "compounds": 40, "measurements": 44,
        "n_scaffolds": 12, "largest_scaffold": 0.25, "left_out": {"no exact value (>)": 6},
        "replicate_sd": 0.2, "attainable_r2": 0.9, "beats_scrambled": True, "rmse_in": 0.5,
        "rmse_out": 0.9, "statement": "kinase: a statement of its own.", "level": 0.9,
        "p_scrambled": 0.05,
    }  # fmt: skip
    return plain | changes


def predictions():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"split": "scaffold", "inchikey": [f"K{i}" for i in range(40)]})
    table["activity"] = rng.normal(6, 1, 40)
    table["predicted"] = table["activity"] + rng.normal(0, 0.5, 40)
    return table.assign(in_domain=np.arange(40) % 4 > 0)


def write(place, **changes):
    write_json(verdict(**changes), place / "verdict.json")
    scrambled = pd.DataFrame({"scrambling": range(20), "q2": [0.6, *np.linspace(-0.3, 0.1, 19)]})
    drawn = figures.activity(predictions(), scrambled, verdict(**changes))
    figures.save(drawn, place / "activity.svg")
    row = {f"{key}{end}": 0.61 for key in ("q2", "rmse", "mae", "spearman")
           for end in ("", "_low", "_high")}  # fmt: skip
    row |= {"nearest_similarity": 0.4, "coverage": 0.9}
    rows = [row | {"split": split} for split in ("random", "scaffold")]
    write_table(pd.DataFrame(rows), place / "performance.tsv")
    quarter = {"nearness_low": 0.2, "nearness_high": 0.5, "predictions": 40}
    quarter |= {"share_in_domain": 0.8, "rmse": 0.7, "mae": 0.5, "half_width": 1.23}
    write_table(pd.DataFrame([quarter]), place / "domain.tsv")


def write_candidates(place):
    rows = [
        (1, HOSTILE, "predicted", 7.25, 6.5, 8.0, True, "near one", "a remark"),
        (2, "measured one", "measured", 5.5, np.nan, np.nan, True, "itself", ""),
        (3, "far one", "predicted", 9.0, np.nan, np.nan, False, HOSTILE, "too far: no interval"),
        (4, "nameless", "none", np.nan, np.nan, np.nan, np.nan, "", "no structure"),
    ]
    columns = ["rank", "name", "source", "activity", "activity_low", "activity_high",
               "in_domain", "nearest", "remark"]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns).reindex(columns=SCORED)
    table["nearest_activity"], table["nearest_similarity"] = 6.0, 0.5
    write_table(table, place / "all" / "candidates.tsv")


@pytest.fixture
def place(tmp_path):
    return tmp_path / "qsar" / "kinase"


def section(folder, **settings):
    page = build(folder, config(qsar=[ITEM], **settings))
    assert "<script" not in page
    found = [part for part in Reader(page).sections.values() if "Predicted activity" in part]
    return " ".join(found[0].split())


def test_no_target_no_section(tmp_path):
    assert "Predicted activity" not in build(tmp_path, config())


def test_what_was_not_made_names_the_target(tmp_path, place):
    assert "snakemake --cores all qsar --configfile" in section(tmp_path)
    write(place)
    wanted = {"reference": "signatures.gctx"}
    assert "The activity of the candidates of all has not been made" in section(
        tmp_path, compounds=wanted
    )
    assert "candidates of all" not in section(tmp_path)


def test_everything_is_said(tmp_path, place):
    write(place)
    write_candidates(place)
    text = section(tmp_path)
    assert "kinase: a statement of its own." in text
    assert "beats scrambled" in text
    assert "Left out of 50 rows: 6 (no exact value (>))" in text
    assert "takes weak compounds for better than they are" in text
    assert "One measurement has an SD of 0.20 log units (the difference of two" in text
    assert "one compound: 0.28), so that no model can be expected above R² 0.90" in text
    assert "The error grows outside of the domain: 0.50 inside, 0.90 outside" in text
    assert "1 were measured against kinase, 2 are predicted (1 of them in the domain)" in text
    assert "Half of the 90 % interval" in text.replace("\N{NO-BREAK SPACE}", " ")
    assert "1.23" in text
    assert HOSTILE in text
    places = [text.index(name) for name in ("measured one", "7.25 (6.50 to 8.00)", "far one")]
    assert places == sorted(places)
    page = build(tmp_path, config(qsar=[ITEM]))
    assert build(tmp_path, config(qsar=[ITEM])) == page
    assert (
        "Activity against kinase was predicted by a random forest on circular fingerprints (Svetnik"
        in (" ".join(seen(page).split()))
    )


def test_a_model_that_is_no_better_is_said_to_be(tmp_path, place):
    write(place, beats_scrambled=False, rmse_out=0.4, left_out={}, replicate_sd=None)
    text = section(tmp_path)
    assert "no better than scrambled" in text
    assert "does not grow" in text
    assert "Left out" not in text
    write(place, beats_scrambled=None, rmse_out=None, left_out={"no exact value (<)": 6})
    text = section(tmp_path)
    assert "weak compounds" not in text
    write(place, type="pIC50", left_out={"no exact value (<)": 6})
    assert "only a bound (<) are those of weak compounds" in section(tmp_path)
    assert "not tested" in text
    assert "No held-out compound was outside of the domain" in text
    write(place, rmse_in=None)
    text = section(tmp_path)
    assert "Every held-out compound was outside of the domain" in text
    assert "outside it is 0.90 (RMSE" in text
    assert "No held-out compound" not in text


def test_every_model_has_words_and_a_paper():
    assert set(MODEL_WORDS) == set(MODELS)
    assert "[" not in cite(" ".join(MODEL_WORDS.values()))[0]
