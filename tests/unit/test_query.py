"""The queries of a comparison."""

import numpy as np
import pandas as pd
import pytest
from crosshub.compounds.query import (
    ASKED_COLUMNS,
    GENE_COLUMNS,
    build_queries,
    choose_genes,
    query_tables,
    shared_effect,
)
from crosshub.errors import DataError


def genes_of(n_up=30, n_down=30, changed_up=15, changed_down=4):
    rows = []
    for side, n, n_changed in (("up", n_up, changed_up), ("down", n_down, changed_down)):
        for i in range(n):
            # Changed or not does not follow the p-value.
            rows.append((f"{side}{i}", side, (i + 1) / 1000, i % 2 == 0 and i // 2 < n_changed))
    table = pd.DataFrame(rows, columns=["gene", "direction", "p_value", "changed"])
    return table.assign(effect=0.5).sample(frac=1, random_state=1)


def sides(found):
    return [found.loc[found["direction"] == side, "gene"].tolist() for side in ("up", "down")]


EVERY = [f"{side}{i}" for side in ("up", "down") for i in range(30)]


def test_changed_genes_filled_up_to_the_minimum():
    found = choose_genes(genes_of(), EVERY)
    up, down = sides(found)
    assert up == [f"up{i}" for i in range(0, 30, 2)]
    assert down == [f"down{i}" for i in (0, 2, 4, 6, 1, 3, 5, 7, 8, 9)]
    assert found["filled_up"].sum() == 6
    assert found["in_reference"].all()
    reversed_rows = choose_genes(genes_of().iloc[::-1], EVERY)
    pd.testing.assert_frame_equal(found, reversed_rows)


def test_the_best_of_many():
    up, down = sides(choose_genes(genes_of(), EVERY, size=5))
    assert up == ["up0", "up2", "up4", "up6", "up8"]
    assert down == ["down0", "down2", "down4", "down6", "down1"]


def test_only_genes_of_the_reference_count():
    measured = [gene for gene in EVERY if gene not in {"up0", "down0", "down1"}]
    found = choose_genes(genes_of(), measured, size=5)
    up, down = sides(found)
    assert up == ["up0", "up2", "up4", "up6", "up8", "up10"]
    assert down == ["down0", "down2", "down4", "down6", "down3", "down5"]
    assert found.loc[~found["in_reference"], "gene"].tolist() == ["up0", "down0"]


def test_the_effect_over_diseases_is_weighted_and_keeps_its_direction():
    table = pd.DataFrame({"direction": ["up", "down", "up"],
                          "effect.a": [1.0, -1.0, -1.0], "effect.b": [3.0, 2.0, -2.0]})  # fmt: skip
    assert shared_effect(table)[:2].tolist() == [2.0, -1.0]
    assert 0 < shared_effect(table)[2] < 1e-6
    half = {"a": 1.0, "b": 2.0}
    for name, width in half.items():
        table[f"effect_low.{name}"] = table[f"effect.{name}"] - width
        table[f"effect_high.{name}"] = table[f"effect.{name}"] + width
    assert shared_effect(table)[0] == pytest.approx((4 * 1 + 3) / 5)
    assert shared_effect(table[["direction"]]).tolist() == [1, -1, 1]


def shared_of(table):
    return table.rename(columns={"changed": "shared"}).drop(columns="effect")


def disease_of(table):
    sign = table["direction"].map({"up": 1, "down": -1})
    fdr = np.where(table["changed"], 0.01, 0.9)
    return table[["gene", "p_value"]].assign(effect=sign * 0.5, fdr=fdr, same_sign=True)


def modules_of(**members):
    rows = [(gene, name) for name, genes in members.items() for gene in genes]
    traits = pd.DataFrame({"module": list(members), "trait": "case", "fdr": 0.01})
    return pd.DataFrame(rows, columns=["gene", "module"]), traits


def test_queries_and_what_became_of_them():
    table = genes_of()
    modules = modules_of(M0=EVERY, M1=EVERY[:14] + EVERY[30:33], M2=EVERY[:9], M3=EVERY[40:52])
    differential = dict.fromkeys(["x", "y"], disease_of(table))
    queries = build_queries(
        shared_of(table), differential, dict.fromkeys(differential, modules), EVERY
    )
    genes, asked = query_tables(queries)
    assert list(genes.columns) == list(GENE_COLUMNS)
    assert list(asked.columns) == list(ASKED_COLUMNS)
    assert asked["query"].tolist() == [
        "shared", "disease.x", "disease.y", "module.x.M1", "module.x.M2", "module.x.M3",
        "module.y.M1", "module.y.M2", "module.y.M3",
    ]  # fmt: skip
    by_name = asked.set_index("query")
    assert by_name["asked"].tolist() == [True, True, True, True, False, True, True, False, True]
    # Three genes against the module's way are no side of a query.
    assert by_name.loc["module.x.M1", ["up", "down"]].tolist() == [14, 0]
    assert "fewer than 10 genes" in by_name.loc["module.x.M2", "reason"]
    assert by_name.loc["shared", "filled_down"] == 6
    own = genes[genes["query"] == "disease.x"]
    assert (np.sign(own["effect"]) == own["direction"].map({"up": 1, "down": -1})).all()
    assert not genes.loc[genes["query"] == "module.x.M2", "asked"].any()
    few = build_queries(shared_of(table), differential, {}, EVERY, kinds=["module"])
    assert [query.name for query in few] == ["shared"]


def test_one_disease_is_asked_once():
    table = genes_of()
    queries = build_queries(shared_of(table), {"x": disease_of(table)}, {}, EVERY)
    assert queries[1].reason.startswith("the only disease")
    assert queries[0].reason == ""


def test_a_query_that_cannot_be_made_says_why():
    table = shared_of(genes_of())
    nothing = build_queries(table.assign(p_value=np.nan), {}, {}, EVERY)[0]
    assert nothing.reason == "no gene is shared"
    few = build_queries(table, {}, {}, ["up0", "up1", "down0"])[0]
    assert "fewer than 3 genes" in few.reason
    side = build_queries(table, {}, {}, ["up0", "up1", "up2", "down0"])[0]
    assert (side.side("up"), side.side("down")) == (["up0", "up2", "up1"], [])
    assert list(side.effects.index) == ["up0", "up2", "up1"]
    assert not query_tables([nothing])[1]["asked"].any()


def test_text_and_truth_are_read_alike():
    table = shared_of(genes_of())
    text = table.assign(shared=table["shared"].map({True: "true", False: "false"}))
    one, two = (build_queries(each, {}, {}, EVERY)[0].genes for each in (table, text))
    pd.testing.assert_frame_equal(one, two)


def test_mistakes():
    table = shared_of(genes_of())
    with pytest.raises(DataError, match="no column 'shared'"):
        build_queries(table.drop(columns="shared"), {}, {}, EVERY)
    with pytest.raises(DataError, match="none of the study's genes"):
        build_queries(table, {}, {}, ["Trp53"])


def test_a_query_of_which_no_gene_is_found_is_not_asked():
    """What would fill it up is noise, and a list of drugs against noise fools its reader."""
    table = genes_of(changed_up=0, changed_down=0)
    differential = dict.fromkeys(["x", "y"], disease_of(table))
    queries = build_queries(shared_of(table), differential, {}, EVERY, fdr=0.05)
    assert [query.reason for query in queries] == [
        "no gene is shared", "no gene changes at FDR 0.05", "no gene changes at FDR 0.05",
    ]  # fmt: skip
    genes, asked = query_tables(queries)
    assert genes.empty
    assert list(genes.columns) == list(GENE_COLUMNS)
    assert not asked["asked"].any()
    # One gene is enough; but it must be in the reference.
    one = shared_of(genes_of(changed_up=1, changed_down=0))
    asked = query_tables(build_queries(one, {}, {}, EVERY))[1].iloc[0]
    assert asked["asked"]
    assert asked[["up", "filled_up", "filled_down"]].tolist() == [10, 9, 10]
    away = build_queries(one, {}, {}, [gene for gene in EVERY if gene != "up0"])[0]
    assert away.reason == "none of its genes is in the reference"
    assert away.genes["gene"].tolist() == ["up0"]


def test_modules_are_asked_with_small_queries_too():
    table = genes_of()
    modules = modules_of(M1=EVERY[:14], M2=EVERY[:4])
    given = (shared_of(table), {"x": disease_of(table)}, {"x": modules}, EVERY)
    by_name = {query.name: query for query in build_queries(*given, size=5)}
    assert by_name["module.x.M1"].reason == ""
    assert len(by_name["module.x.M1"].side("up")) == 5
    assert by_name["module.x.M2"].reason.startswith("fewer than 5 genes")
