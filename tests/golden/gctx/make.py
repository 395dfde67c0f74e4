"""Make the golden values: what cmapPy 4.0.1 (pandas 1.5, numpy 1.26) reads in the real files.

Checksums and rounded statistics only; the files themselves are not ours to copy. Ranks are
pandas' (`rank`, ``method="first"``), from the values in float32, with the genes in the order in
which crosshub ranks equal values (BLAKE2b of the symbol, 8 bytes). Needs CROSSHUB_GEO_MIRROR.
Run: python make.py
"""

import hashlib
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
from cmapPy.pandasGEXpress.parse import parse

HERE = Path(__file__).parent
FILES = [
    "l1000_level4_A375_978x377.gctx",
    "l1000_level4_A375_978x377.gct",
    "l1000_level5_12328x2.gctx",
]
folder = Path(os.environ["CROSSHUB_GEO_MIRROR"].removeprefix("file://")) / ".." / "signatures"


def checksum(content: bytes) -> str:
    """Return a short SHA-256."""
    return hashlib.sha256(content).hexdigest()[:16]


def symbols_of(found) -> list[str]:
    """Return the symbol of each gene: of the file, or of the gene table of the release."""
    if "pr_gene_symbol" in found.row_metadata_df:
        return found.row_metadata_df["pr_gene_symbol"].astype(str).tolist()
    path = folder / "GSE92742_Broad_LINCS_gene_info.txt"
    table = pd.read_csv(path, sep="\t", dtype=str, na_filter=False)
    names = table.set_index("pr_gene_id")["pr_gene_symbol"]
    return names.loc[found.data_df.index].tolist()


golden = {}
for name in FILES:
    found = parse(str(folder / name), convert_neg_666=False)
    values = found.data_df.astype(np.float32)
    symbols = symbols_of(found)
    marks = [hashlib.blake2b(symbol.encode(), digest_size=8).digest() for symbol in symbols]
    order = sorted(range(len(marks)), key=marks.__getitem__)
    sorted_values = values.iloc[order]
    ranks = sorted_values.rank(ascending=False, method="first").loc[values.index].astype(np.uint16)
    magnitudes = sorted_values.abs().rank(method="first").loc[values.index].astype(np.uint16)
    golden[name] = {
        "shape": list(values.shape),
        "genes": checksum("\n".join(values.index).encode()),
        "signatures": checksum("\n".join(values.columns).encode()),
        "values": checksum(values.to_numpy().astype(np.float16).tobytes()),
        "ranks": checksum(ranks.to_numpy().tobytes()),
        "magnitudes": checksum(magnitudes.to_numpy().tobytes()),
        "highest": [str(gene) for gene in values.idxmax().iloc[:5]],
        "sums": [round(float(total), 3) for total in values.astype(float).sum().iloc[:5]],
    }
    if "pert_iname" in found.col_metadata_df:
        compounds = found.col_metadata_df["pert_iname"].astype(str)
        golden[name]["compounds"] = checksum("\n".join(compounds).encode())
text = json.dumps(golden, indent=1, sort_keys=True)
(HERE / "cmappy.json").write_text(text + "\n", encoding="utf-8")
