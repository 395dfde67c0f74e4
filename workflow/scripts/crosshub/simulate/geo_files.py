"""Writing GEO's text formats: series matrix, platform annotation, NCBI's RNA-seq counts.

The same content gives the same bytes: the gzip header bears neither a time nor a name.
"""

import gzip
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from crosshub.tables import whole

ANNOTATION_COLUMNS = {
    "ID": "ID from Platform data table",
    "Gene title": "Entrez Gene name",
    "Gene symbol": "Entrez Gene symbol",
    "Gene ID": "Entrez Gene identifier",
    "UniGene title": "Entrez UniGene name",
    "UniGene symbol": "Entrez UniGene symbol",
    "UniGene ID": "Entrez UniGene identifier",
    "Nucleotide Title": "Entrez Nucleotide title",
    "GI": "GenBank identifier",
    "GenBank Accession": "GenBank accession",
    "Chromosome location": "Entrez gene chromosome and location",
    "Chromosome annotation": "Entrez gene chromosome annotation",
}
GENE_TABLE_COLUMNS = (
    "GeneID",
    "Symbol",
    "Description",
    "Synonyms",
    "GeneType",
    "EnsemblGeneID",
    "Status",
    "ChrAcc",
    "ChrStart",
    "ChrStop",
    "Orientation",
    "Length",
    "GOFunctionID",
    "GOProcessID",
    "GOComponentID",
    "GOFunction",
    "GOProcess",
    "GOComponent",
)

Tag = tuple[str, str]
Field = tuple[str, Sequence[str]]


def write_gzip(text: str, path: str | Path) -> None:
    """Write text as UTF-8 in a gzip file."""
    # Not gzip.compress, whose header differs between versions of Python.
    with (
        whole(path) as beside,
        beside.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=raw, mtime=0) as file,
    ):
        file.write(text.encode())


def write_series_matrix(
    values: pd.DataFrame,
    path: str | Path,
    *,
    tags: Sequence[Tag],
    fields: Sequence[Field],
    decimals: int,
) -> None:
    """Write a series matrix.

    Parameters
    ----------
    values
        Probes × samples; without rows for a series whose values are elsewhere.
    path
        Ends with ``_series_matrix.txt.gz``.
    tags
        Lines about the series, in order, without ``!Series_``; a tag may occur again.
    fields
        Lines about the samples, in order, without ``!Sample_``; one value for each sample.
    decimals
        Places to which the values are rounded.
    """
    lines = [f'!Series_{tag}\t"{value}"' for tag, value in tags]
    lines.append("")
    lines += [f"!Sample_{tag}\t{_quoted(texts)}" for tag, texts in fields]
    lines.append("!series_matrix_table_begin")
    lines.append(f'"ID_REF"\t{_quoted(values.columns)}')
    for probe, row in zip(values.index, values.to_numpy().round(decimals).tolist(), strict=True):
        cells = "\t".join(map("{:.10g}".format, row))
        lines.append(f'"{probe}"\t{cells}')
    lines.append("!series_matrix_table_end")
    write_gzip("\n".join(lines) + "\n", path)


def write_annotation(probes: pd.DataFrame, path: str | Path, *, platform: str, title: str) -> None:
    """Write the curated annotation of a platform.

    Parameters
    ----------
    probes
        Index probe; symbol and entrez, empty for a probe without a gene.
    path
        Ends with ``.annot.gz``.
    platform, title
        Of the platform.
    """
    lines = [
        "^Annotation",
        "!Annotation_date = Jan 01 2026",
        f"!Annotation_platform = {platform}",
        f"!Annotation_platform_title = {title}",
        "!Annotation_platform_organism = Homo sapiens",
    ]
    lines += [f"#{name} = {meaning}" for name, meaning in ANNOTATION_COLUMNS.items()]
    lines.append("!platform_table_begin")
    lines.append("\t".join(ANNOTATION_COLUMNS))
    blank = "\t" * (len(ANNOTATION_COLUMNS) - 4)
    for probe, symbol, entrez in zip(probes.index, probes["symbol"], probes["entrez"], strict=True):
        names = "///".join(gene_title(name) for name in symbol.split("///") if name)
        lines.append(f"{probe}\t{names}\t{symbol}\t{entrez}{blank}")
    lines.append("!platform_table_end")
    write_gzip("\n".join(lines) + "\n", path)


def gene_title(symbol: str) -> str:
    """Return the title of a gene; some bear quotes that are text, as real titles do."""
    if symbol.endswith("007"):
        return f'simulated gene {symbol}, 5" region'
    if symbol.endswith("033"):
        return f"simulated gene {symbol}, 3'-end"
    return f"simulated gene {symbol}"


def write_counts(counts: pd.DataFrame, path: str | Path) -> None:
    """Write NCBI's RNA-seq counts of a series; `counts` is Entrez id × samples."""
    lines = ["\t".join(["GeneID", *counts.columns])]
    for gene, row in zip(counts.index, counts.to_numpy().tolist(), strict=True):
        lines.append("\t".join([gene, *map(str, row)]))
    write_gzip("\n".join(lines) + "\n", path)


def write_gene_table(genes: pd.DataFrame, path: str | Path) -> None:
    """Write NCBI's table of genes; `genes` has the index entrez and symbol and type."""
    lines = ["\t".join(GENE_TABLE_COLUMNS)]
    blank = "\t" * (len(GENE_TABLE_COLUMNS) - 7)
    rows = zip(genes.index, genes["symbol"], genes["type"], strict=True)
    for number, (entrez, symbol, kind) in enumerate(rows, start=1):
        ensembl = f"ENSG99{number:09d}"
        cells = [entrez, symbol, gene_title(symbol), "", kind, ensembl, "active"]
        lines.append("\t".join(cells) + blank)
    write_gzip("\n".join(lines) + "\n", path)


def _quoted(texts: Sequence[str]) -> str:
    return "\t".join(f'"{text}"' for text in texts)
