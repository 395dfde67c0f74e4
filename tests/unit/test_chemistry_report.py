"""What the report says of structures."""

import numpy as np
import pandas as pd
from crosshub.chemistry import add_neighbours, enrich_scaffolds
from crosshub.report import structures
from crosshub.report.blocks import Section
from crosshub.report.source import Source
from crosshub.tables import write_json, write_table


def test_scaffolds_and_known_drugs_are_shown(tmp_path):
    source, section = Source(tmp_path, {}, [], {"all": {}}), Section("Compounds")
    structures.scaffolds(source, section, "all")
    structures.identities(source, section)
    assert not section.blocks
    smiles = [f"{'C' * i}Oc1ccccc1" for i in range(1, 9)] + ["CCO"] * 12
    hits = np.arange(20) < 6
    table = pd.DataFrame(
        {
            "rank": range(1, 21),
            "name": [f"c{i}" for i in range(20)],
            "inchikey": "",
            "smiles": smiles,
            "scaffold": ["c1ccccc1"] * 8 + [""] * 12,
            "hit": hits,
        }
    )
    folder = tmp_path / "compounds" / "all"
    found = enrich_scaffolds(table, hits).assign(criterion="the best 6 of the list")
    write_table(found, folder / "scaffolds.tsv")
    known = pd.DataFrame({"name": ["phenetole"], "smiles": ["CCOc1ccccc1"]})
    write_table(add_neighbours(table, known), folder / "neighbours.tsv")
    counts = {"rows": 30, "rows_without_smiles": 4, "rows_unreadable": 3, "identities": 21,
              "identities_with_several_names": 2, "rows_readable_without_name": 5,
              "names_in_conflict": 3, "names_in_conflict_of_connectivity": 1}  # fmt: skip
    write_json(counts, tmp_path / "compounds" / "structures.json")
    structures.identities(source, section)
    structures.scaffolds(source, section, "all")
    text, scaffolds, nearest = section.blocks
    assert "30 rows" in str(text)
    assert "5 readable ones have no name" in str(text)
    assert "3 names stood for several structures, 1 of them" in str(text)
    assert "the best 6 of the list" in str(scaffolds)
    assert "<svg" in str(scaffolds)
    assert "phenetole" in str(nearest)
