"""Make the golden values: what cmapPy 4.0.1 (pandas 1.5, numpy 1.26) reads in the real files.

Checksums and rounded statistics only; the files themselves are not ours to copy. Ranks are
pandas' (`rank`, ``method="first"``), from the values in float32. Needs CROSSHUB_GEO_MIRROR.
Run: python make.py
"""

import hashlib
import json
import os
from pathlib import Path

import numpy as np
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


golden = {}
for name in FILES:
    found = parse(str(folder / name), convert_neg_666=False)
    values = found.data_df.astype(np.float32)
    ranks = values.rank(ascending=False, method="first").astype(np.uint16)
    magnitudes = values.abs().rank(method="first").astype(np.uint16)
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
