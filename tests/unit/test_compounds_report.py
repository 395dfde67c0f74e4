"""What the report says of compounds: what was asked, what was not, and what counts as found."""

import pandas as pd
import pytest
from crosshub.compounds.drug_list import annotate_compounds
from crosshub.compounds.query import ASKED_COLUMNS
from crosshub.compounds.summary import COLUMNS
from crosshub.report.compounds import compounds
from crosshub.report.methods import _filled
from crosshub.report.source import Source
from crosshub.tables import write_table

FDR = 0.2


@pytest.fixture
def study(tmp_path, library_of):
    """Return a function that writes the tables of a comparison and returns what the page says."""

    def written(asked, scores=()):
        place = tmp_path / "compounds" / "all"
        row = dict.fromkeys(ASKED_COLUMNS, 0) | {"query": "shared", "kind": "shared"}
        row |= {"disease": "", "module": "", "asked": True, "reason": ""} | asked
        write_table(pd.DataFrame([row]), place / "asked.tsv")
        table = pd.DataFrame(scores, columns=["score", "fdr"]).reindex(columns=COLUMNS)
        table = table.assign(compound=[f"c{i}" for i in range(len(table))], p_value=table["fdr"])
        table = table.assign(rank=range(1, len(table) + 1), synonyms="", n_cells=1)
        table = table.astype({"compound": object, "synonyms": object})
        write_table(annotate_compounds(table, library_of().structures), place / "candidates.tsv")
        settings = {"reference": "x", "permutations": 1000, "hit_fdr": FDR, "structures": []}
        plans = {"all": {"diseases": ["a", "b"]}}
        source = Source(tmp_path, {"compounds": settings}, [], plans)
        text = " ".join(" ".join(str(block) for block in compounds(source).blocks).split())
        return text, source

    return written


def test_where_no_gene_is_shared_one_sentence_says_that_nothing_was_asked(study):
    text, source = study({"asked": False, "reason": "no gene is shared"})
    assert text.count("was not asked, so that there is no drug list: no gene is shared.") == 1
    assert "false discovery rate of" not in text
    assert "No compound was scored" not in text
    assert _filled(source) == ", not in all, where no gene is shared,"
    scored, _ = study({"up": 10, "up_in_reference": 10, "down": 10, "down_in_reference": 10})
    assert "No compound was scored: the drug list is empty." in scored


def test_only_compounds_that_reverse_are_counted_at_the_level_of_the_config(study):
    asked = {"up": 12, "up_in_reference": 12, "down": 12, "down_in_reference": 12}
    text, source = study(asked, [(-2, 0.15), (-1, 0.01), (1, 0.01), (-1, 0.3)])
    assert "2 compounds of 4 reverse the shared signature at a false discovery rate of 0.2." in text
    assert "only fill it up" not in text
    assert _filled(source) == ""


def test_what_only_fills_up_and_what_is_not_asked_is_said(study):
    asked = {"up": 10, "up_in_reference": 10, "filled_up": 9, "down": 3, "down_in_reference": 2}
    text, source = study(asked, [(-2, 0.15)])
    assert "9 filled up with genes that are not shared" in text
    assert "3 genes down (2 of them in the reference, too few, not asked)" in text
    assert "10 genes up (10 of them in the reference, 9 filled" in text
    assert "Of the 13 genes of that query 9 are not shared and only fill it up." in text
    assert "the last false discovery rate is for reversing every disease" in text
    assert "(9 of 13 in all)" in _filled(source)


def test_phases_and_names_that_are_numbers_stay_text(tmp_path):
    table = pd.DataFrame({"compound": ["1", "2"], "phase": ["4", ""], "synonyms": ["5312", ""]})
    write_table(table, tmp_path / "t.tsv")
    found = Source(tmp_path, {}, [], {}).table("t.tsv")
    assert found.loc[0].tolist() == ["1", "4", "5312"]
