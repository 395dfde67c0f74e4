"""The section on biology: gene sets, interactions, immune cells, subtypes, cell types."""

from collections.abc import Callable

import pandas as pd

from crosshub.report.blocks import (
    Column,
    Heading,
    Section,
    Text,
    decimal,
    share,
    small,
    table,
    truth,
    whole,
    words,
)
from crosshub.report.numbers import number, plural
from crosshub.report.source import Source, not_asked, not_made

TOP_SETS = 20
TOP_NODES = 15
TOP_CELLS = 20
LEVEL = 0.05
Show = Callable[[Source, Section, str], None]


def biology(source: Source) -> Section:
    """Show what the shared genes do, as far as the config gives what is needed."""
    section = Section("Biology")
    settings = source.config["biology"]
    section.add(Heading("Gene sets"))
    if source.config["genesets"]:
        _each(source, section, _enrichment)
    else:
        section.add(not_asked("Gene sets were not tested", "genesets", "GMT files"))
    section.add(Heading("Known interactions"))
    if settings["interactions"]:
        _each(source, section, _network)
    else:
        what = "a table of interactions"
        section.add(not_asked("Interactions were not looked up", "biology.interactions", what))
    section.add(Heading("Immune cells and functions"))
    if settings["immune"]:
        for disease in source.diseases:
            _immune(source, section, disease)
    else:
        what = "a GMT file of cell types"
        section.add(not_asked("Immune cells were not scored", "biology.immune", what))
    section.add(Heading("Subtypes"))
    for disease in source.diseases:
        _subtypes(source, section, disease)
    section.add(Heading("Cell types"))
    if settings["single_cell"]:
        _each(source, section, _cell_types)
    else:
        what = "an h5ad file"
        section.add(not_asked("Cell types were not looked up", "biology.single_cell", what))
    return section


def _each(source: Source, section: Section, show: Show) -> None:
    for name in source.comparisons:
        if len(source.comparisons) > 1:
            section.add(Text(f"Comparison {name}", "lead"))
        show(source, section, name)


def _enrichment(source: Source, section: Section, name: str) -> None:
    file = f"biology/{name}/enrichment.tsv"
    found = source.table(file)
    if found is None:
        section.add(not_made("The test of gene sets", "biology"))
        return
    if found.empty:
        section.add(Text("No gene set was tested: no gene is shared, or no set has enough genes."))
        return
    enriched = int((found["fdr"] <= LEVEL).sum())
    section.add(
        Text(
            f"{enriched:,} of {plural(len(found), 'test')} at a false discovery rate of {LEVEL:g} "
            f"(hypergeometric; the background is {_background(source, name)} that were measured "
            "everywhere)."
        ),
        table(
            found,
            [
                words("Gene set", "gene_set"),
                words("Source", "source"),
                words("Genes asked", "query"),
                Column("Overlap", lambda row: f"{int(row['overlap'])} of {int(row['size'])}"),
                small("p", "p_value"),
                small("FDR", "fdr"),
                Column("Genes", lambda row: _listed(row["genes"]), right=False),
            ],
            limit=TOP_SETS,
            file=file,
        ),
    )


def _background(source: Source, name: str) -> str:
    genes = source.table(f"shared/{name}/genes.tsv") if source.family else None
    if genes is None:
        return f"the genes of {source.family}" if source.family else "all genes"
    return f"the {plural(len(genes), 'gene')} of {source.family}"


def _listed(genes: object, most: int = 8) -> str:
    names = str(genes).split(";")
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _network(source: Source, section: Section, name: str) -> None:
    file = f"biology/{name}/network.tsv"
    nodes = source.table(file)
    if nodes is None:
        section.add(not_made("The network of interactions", "biology"))
        return
    if nodes.empty:
        section.add(Text("No gene is shared, so there was nothing to link."))
        return
    best = nodes.sort_values(["degree", "gene"], ascending=[False, True], ignore_index=True)
    best = best[best["degree"] > 0]
    section.add(
        source.picture(f"biology/{name}/network.svg", "Known interactions of shared genes.")
    )
    if best.empty:
        section.add(Text("No two of the shared genes are known to interact."))
        return
    columns = [words("Gene", "gene"), words("Direction", "direction"), whole("Links", "degree")]
    if "known_partners" in best:
        columns.append(whole("Known partners in all", "known_partners"))
    columns += [decimal("Betweenness", "betweenness", 3), truth("In the panel", "in_panel")]
    section.add(
        table(best, columns, caption="Most linked genes", limit=TOP_NODES, file=file),
        Text(
            "Well-studied genes have many known partners; a gene with many links is not therefore "
            "important for the disease.",
            "small",
        ),
    )


def _immune(source: Source, section: Section, disease: str) -> None:
    file = f"biology/{disease}/immune.tsv"
    found = source.table(file)
    if found is None:
        section.add(not_made(f"{disease}: the scores of immune cells", "biology"))
        return
    if found.empty:
        section.add(Text(f"{disease}: no set has enough measured genes."))
        return
    columns = [words("Cohort", "cohort")] if "cohort" in found else []
    columns += [
        words("Cells or function", "gene_set"),
        decimal("Difference of the score", "difference", 1),
        decimal("t", "t"),
        small("p", "p_value"),
        small("FDR", "fdr"),
    ]
    caption = f"{disease}: ssGSEA scores, cases minus controls"
    found = found.sort_values(["p_value", "gene_set"], ignore_index=True)
    section.add(table(found, columns, caption=caption, limit=TOP_SETS, file=file))


def _subtypes(source: Source, section: Section, disease: str) -> None:
    found = source.table(f"biology/{disease}/subtypes.tsv")
    file = f"biology/{disease}/subtype_choice.tsv"
    choice = source.table(file)
    if found is None or choice is None:
        section.add(not_made(f"{disease}: the search for subtypes", "biology"))
        return
    if choice.empty:
        section.add(
            Text(f"{disease}: subtypes were not sought, for want of candidates or of cases.")
        )
        return
    chosen = choice[choice["chosen"].eq(True)]
    if chosen.empty:
        text = "no number of clusters is stable, so the cases are taken for one group"
    else:
        sizes = found["subtype"].value_counts().sort_index()
        counts = ", ".join(f"{size} in subtype {name}" for name, size in sizes.items())
        row = chosen.iloc[0]
        text = f"{int(row['k'])} clusters of the {len(found)} cases are stable ({counts}); "
        text += f"mean silhouette {number(row['silhouette'])}"
    columns = [whole("Clusters", "k"), decimal("Silhouette", "silhouette")]
    columns += [decimal("Stability (adjusted Rand index)", "stability"), truth("Taken", "chosen")]
    section.add(Text(f"{disease}: {text}."), table(choice, columns, file=file))


def _cell_types(source: Source, section: Section, name: str) -> None:
    file = f"biology/{name}/cell_types.tsv"
    found = source.table(file)
    if found is None:
        section.add(not_made("The look-up of cell types", "biology"))
        return
    if found.empty:
        section.add(Text("None of the shared genes is in the single-cell data set."))
        return
    order = found.sort_values(["gene", "mean", "cell_type"], ascending=[True, False, True])
    best = order.drop_duplicates("gene").sort_values("mean", ascending=False, kind="stable")
    columns = [words("Gene", "gene"), words("Cell type with most", "cell_type")]
    columns += [decimal("Mean (log counts)", "mean"), share("Cells that express it", "fraction")]
    section.add(table(pd.DataFrame(best), columns, limit=TOP_CELLS, file=file))
