"""The section on co-expression modules and candidates."""

import pandas as pd

from crosshub.report.blocks import (
    Column,
    Heading,
    Section,
    Text,
    decimal,
    small,
    table,
    truth,
    whole,
    words,
)
from crosshub.report.numbers import number, plural
from crosshub.report.source import Source, not_made

UNASSIGNED = "M0"
HUBS = 6
TOP_MODULES = 25
TOP_CANDIDATES = 15


def modules(source: Source) -> Section:
    """Show the modules of each disease, what they are tied to, and where they are preserved."""
    section = Section("Co-expression modules")
    section.add(
        Text(
            f"Networks of the {source.config['modules']['max_genes']:,} most variable genes "
            "(WGCNA), built without the labels. A module is tied to the disease if its eigengene "
            f"is correlated with case at a false discovery rate of "
            f"{source.config['modules']['trait_fdr']:g}."
        )
    )
    for disease in source.diseases:
        section.add(Heading(disease))
        folder = f"diseases/{disease}"
        genes = source.table(f"{folder}/modules.tsv")
        if genes is None:
            section.add(not_made("The network", "modules"))
            continue
        _modules(source, section, genes, disease)
        _preservation(source, section, folder)
        _candidates(source, section, disease)
    for comparison in source.comparisons:
        _consensus(source, section, comparison)
    return section


def _consensus(source: Source, section: Section, comparison: str) -> None:
    folder = f"shared/{comparison}"
    judged = source.table(f"{folder}/consensus_modules.tsv")
    genes = source.table(f"{folder}/consensus.tsv")
    if judged is None or genes is None:
        return
    section.add(Heading(f"Consensus of {comparison}"))
    if judged.empty:
        section.add(Text("No group of genes moves together in every disease of the comparison."))
        return
    beyond = int(judged["p_value"].le(0.05).sum())
    section.add(
        Text(
            f"{plural(len(judged), 'module')} in every disease of the comparison; {beyond} of them "
            "with more core genes than where the diseases share nothing (the names of the genes "
            "permuted, p at most 0.05). Consensus modules are found in any data: "
            "one without a small p is no finding."
        )
    )
    inside = genes[genes["hub"].eq(True)]
    hubs = [", ".join(inside.loc[inside["module"] == n, "gene"][:HUBS]) for n in judged["module"]]
    columns = [words("Module", "module"), whole("Genes", "genes"), whole("Core genes", "core")]
    columns += [small("p", "p_value"), words("Hubs", "hubs")]
    file = f"{folder}/consensus_modules.tsv"
    frame = judged.assign(hubs=hubs)
    section.add(table(frame, columns, caption="Consensus modules", limit=TOP_MODULES, file=file))


def _modules(source: Source, section: Section, genes: pd.DataFrame, disease: str) -> None:
    folder = f"diseases/{disease}"
    summary = source.json(f"{folder}/modules.json")
    if summary is not None and summary["power"] is None:
        section.add(Text(f"No network: {summary['reason']}."))
    elif summary is not None:
        power = number(summary["power"], 0)
        section.add(Text(f"Soft threshold: power {power} ({summary['reason']})."))
    section.add(
        source.picture(
            f"{folder}/modules.svg",
            f"{disease}: how well the network is scale-free by power, and the sizes of the modules "
            "with their correlation with case.",
        )
    )
    frame = _module_table(genes, source.table(f"{folder}/module_traits.tsv"))
    if frame.empty:
        section.add(Text("No module was found: no group of genes moves together enough."))
        return
    columns = [words("Module", "module"), whole("Genes", "size")]
    columns += [decimal("Correlation with case", "correlation"), small("p", "p_value")]
    columns += [small("FDR", "fdr"), words("Hubs", "hubs")]
    file = f"{folder}/modules.tsv"
    section.add(table(frame, columns, caption="Modules", limit=TOP_MODULES, file=file))


def _module_table(genes: pd.DataFrame, traits: pd.DataFrame | None) -> pd.DataFrame:
    real = genes[genes["module"] != UNASSIGNED]
    hubs = real[real["hub"].eq(True)].sort_values("kme", ascending=False, kind="stable")
    frame = real.groupby("module").size().rename("size").reset_index()
    frame["hubs"] = [
        ", ".join(hubs.loc[hubs["module"] == name, "gene"].head(HUBS)) for name in frame["module"]
    ]
    if traits is not None:
        case = traits.loc[traits["trait"] == "case", ["module", "correlation", "p_value", "fdr"]]
        frame = frame.merge(case, on="module", how="left")
    return frame.sort_values(["size", "module"], ascending=[False, True], ignore_index=True)


def _preservation(source: Source, section: Section, folder: str) -> None:
    file = f"{folder}/preservation.tsv"
    found = source.table(file)
    if found is None or found.empty:
        why = "there is no other cohort, or no module"
        if not source.config["modules"]["preservation_permutations"]:
            why = "`modules.preservation_permutations` is 0"
        section.add(Text(f"Preservation of the modules was not tested: {why}.", "note"))
        return
    wide = found.pivot(index="module", columns="cohort", values="z_summary")
    sizes = found.groupby("module", sort=False)["size"].max()
    frame = wide.loc[list(sizes.index)].assign(size=sizes).reset_index()
    columns = [words("Module", "module"), whole("Genes", "size")]
    columns += [decimal(name, name, 1) for name in wide.columns]
    caption = "Preservation in other cohorts (Z summary)"
    section.add(table(frame, columns, caption=caption, limit=TOP_MODULES, file=file))
    section.add(
        Text(
            "Below 2: not preserved; 2 to 10: weakly to moderately; above 10: strongly. A module "
            "of one disease need not be preserved in another.",
            "small",
        )
    )


def _candidates(source: Source, section: Section, disease: str) -> None:
    file = f"diseases/{disease}/candidates.tsv"
    found = source.table(file)
    if found is None:
        section.add(not_made("The table of candidates", "shared"))
        return
    if found.empty:
        section.add(Text(f"{disease} has no candidate gene."))
        return
    tied, hubs = (int(found[name].eq(True).sum()) for name in ("module_tied", "hub"))
    section.add(
        Text(
            f"{plural(len(found), 'candidate gene')}: differential, with the same sign in every "
            f"cohort; {tied:,} of them in a module that is tied to the disease, {hubs:,} hubs."
        ),
        table(
            found,
            [
                words("Gene", "gene"),
                words("Direction", "direction"),
                decimal("Effect", "effect"),
                small("FDR", "fdr"),
                words("Module", "module"),
                Column("kME", lambda row: number(row["kme"], missing="–")),
                truth("Hub", "hub"),
                truth("Module tied", "module_tied"),
            ],
            caption="Candidates",
            limit=TOP_CANDIDATES,
            file=file,
        ),
    )
