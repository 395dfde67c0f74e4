"""Candidates of a disease: genes that are differential, with their module beside them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from crosshub.tables import read_table


def pick_candidates(
    differential: pd.DataFrame,
    modules: pd.DataFrame,
    traits: pd.DataFrame,
    *,
    fdr: float = 0.05,
    effect: float = 0,
    require_module: bool = False,
    trait_fdr: float = 0.05,
) -> pd.DataFrame:
    """Pick the candidates of a disease.

    Parameters
    ----------
    differential
        Table of `meta.combine_cohorts`.
    modules
        gene, module, kme, hub.
    traits
        module, trait, correlation, p_value, fdr; the trait ``case`` is asked.
    fdr, effect
        Thresholds.
    require_module
        Keep only genes of modules tied to the disease.
    trait_fdr
        Level at which a module is tied.

    Returns
    -------
    DataFrame
        gene, direction, effect, p_value, fdr, i2, module, kme, hub, module_tied (the module is tied
        to the disease); sorted by p_value. A gene that did not enter the network has no module.
    """
    kept = differential["fdr"].le(fdr) & differential["effect"].abs().ge(effect)
    kept &= differential["same_sign"]
    table = differential.loc[kept, ["gene", "effect", "p_value", "fdr", "i2"]]
    table = table.merge(modules[["gene", "module", "kme", "hub"]], on="gene", how="left")
    table["hub"] = table["hub"].eq(True)
    table["module_tied"] = table["module"].isin(tied_modules(traits, trait_fdr))
    table.insert(1, "direction", table["effect"].gt(0).map({True: "up", False: "down"}))
    if require_module:
        table = table[table["module_tied"]]
    return table.sort_values(["p_value", "gene"], ignore_index=True)


def tied_modules(traits: pd.DataFrame, fdr: float) -> list[str]:
    """Return the modules whose eigengene is correlated with case and control."""
    rows = traits[(traits["trait"] == "case") & (traits["fdr"] <= fdr)]
    return [module for module in rows["module"] if module != "M0"]


def tied_genes(modules: pd.DataFrame, traits: pd.DataFrame, fdr: float) -> set[str]:
    """Return the genes of the modules that are tied to the disease."""
    return set(modules.loc[modules["module"].isin(tied_modules(traits, fdr)), "gene"])


def tied_genes_of(
    plan: Mapping[str, Any], modules: Sequence[str | Path], traits: Sequence[str | Path]
) -> dict[str, set[str]] | None:
    """Return the genes of tied modules by disease where the procedure requires them, else None.

    Parameters
    ----------
    plan
        diseases, and the sections candidates and modules of the config.
    modules, traits
        modules.tsv and module_traits.tsv of each disease, in order.
    """
    if plan["candidates"]["modules"] != "require":
        return None
    level = plan["modules"]["trait_fdr"]
    files = zip(plan["diseases"], modules, traits, strict=True)
    return {name: tied_genes(read_table(a), read_table(b), level) for name, a, b in files}
