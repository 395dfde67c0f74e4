"""What the diseases share beyond the list: sizes of overlaps, ranks, and the conserved network."""

from crosshub.report.blocks import Column, Section, Text, decimal, small, table, whole, words
from crosshub.report.source import Source, not_made

TOP_GENES = 8


def overlap(source: Source, section: Section, name: str) -> None:
    """Show the size of each overlap against permuted labels."""
    file = f"shared/{name}/overlap.tsv"
    found = source.table(file)
    if found is None:
        section.add(not_made("The test of the size of the overlap", "shared"))
        return
    if found.empty:
        return
    columns = [
        Column("Diseases", lambda row: str(row["diseases"]).replace(",", ", "), right=False),
        whole("In at least", "at_least"),
        whole("Shared genes", "observed"),
        whole("Genes with p ≤ 0.05", "statistic"),
        decimal("Expected by chance", "expected", 1),
        small("p of the overlap", "p_value"),
    ]
    permutations = int(found["permutations"].iloc[0])
    how = (
        f"p from {permutations:,} permutations of the labels, jointly for diseases that share a "
        "series; it is of the number of genes with p ≤ 0.05."
        if permutations
        else "The overlap was not tested against permuted labels (`shared.permutations` is 0)."
    )
    if source.family:
        how += f" It is of all genes that were measured everywhere, not of {source.family} alone."
    section.add(table(found, columns, caption="Size of the overlap", file=file))
    section.add(Text(how, "small"))


def ranks(source: Source, section: Section, name: str) -> None:
    """Show the rank-rank overlap of each pair of diseases."""
    file = f"shared/{name}/rank_overlap.tsv"
    found = source.table(file)
    if found is None or found.empty:
        return
    pairs = Column("Diseases", lambda row: f"{row['disease_a']}, {row['disease_b']}", right=False)
    columns = [pairs, words("Agreement", "agreement"), whole("Genes of both ends", "overlap")]
    columns += [decimal("Expected", "expected", 0), small("p of the strongest overlap", "p_value")]
    section.add(
        source.picture(
            f"shared/{name}/rank_overlap.svg",
            "Rank–rank overlap: all genes from the most up to the most down in two diseases, "
            "without a threshold. The colour is a score, not a p.",
        ),
        table(found, columns, caption="Rank–rank overlap", file=file),
        Text(
            "p: the strongest overlap of permuted labels is at least as strong. Diseases that "
            "share controls agree along all ranks by themselves, and the permutations do, too.",
            "small",
        ),
    )


def network(source: Source, section: Section, name: str) -> None:
    """Show the genes whose co-expression is conserved, by community."""
    file = f"shared/{name}/network_genes.tsv"
    nodes = source.table(file)
    if nodes is None or nodes.empty:
        return
    caption = "Genes that move together, the same way, in enough diseases; colours are communities."
    section.add(source.picture(f"shared/{name}/network.svg", caption))
    joined = nodes[nodes["community"] > 0]
    if joined.empty:
        return
    rows = joined.groupby("community", as_index=False).agg(
        size=("gene", "size"),
        shared=("shared", "sum"),
        genes=("gene", lambda names: ", ".join(names[:TOP_GENES])),
    )
    columns = [whole("Community", "community"), whole("Genes", "size")]
    columns += [whole("Shared genes", "shared"), words("Most joined", "genes")]
    caption = "Communities of conserved co-expression"
    section.add(table(rows, columns, caption=caption, file=file))
