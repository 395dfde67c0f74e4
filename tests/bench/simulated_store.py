"""A signature store of simulated compounds of any size, built by the workflow's own code.

    python tests/bench/simulated_store.py FOLDER SIGNATURES

Nothing is repeated or permuted: every signature is drawn for itself, so its ranks are real.
GSE92742 has 473,647 signatures of 12,328 genes; a store of that size takes 35 GB.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[2] / "workflow" / "scripts"))

from crosshub.signatures import SignatureStore
from crosshub.signatures.annotation import describe_signatures
from crosshub.signatures.building import part_folder, write_store
from crosshub.signatures.naming import keep_genes
from crosshub.signatures.source import Source

_BLOCK = 256
_FACTORS = 30
_CELLS = 70
_PER_COMPOUND = 23


def simulated_source(signatures: int, genes: int = 12328, *, seed: int = 1) -> Source:
    """Return signatures that are drawn when they are read, the same for the same seed.

    z is 30 factors that genes share (so genes correlate), a compound's own factors (so its
    signatures resemble each other, the more the stronger it is), and noise. Gene i is called
    ``G{i}``; a compound has about 23 signatures in up to 70 cell lines. `read` must start at a
    multiple of 256.
    """
    rng = np.random.default_rng(seed)
    compounds = max(signatures // _PER_COMPOUND, 1)
    loadings = rng.normal(0, 0.15, (_FACTORS, genes)).astype(np.float32)
    profiles = rng.normal(0, 1, (compounds, _FACTORS)).astype(np.float32)
    compound = np.sort(rng.integers(0, compounds, signatures))
    strength = rng.gamma(1.5, 0.8, signatures).astype(np.float32)
    cell = rng.integers(0, _CELLS, signatures)

    def read(start: int, stop: int) -> np.ndarray:
        block = np.random.default_rng([seed, start])
        factors = profiles[compound[start:stop]] * strength[start:stop, None]
        factors += block.normal(0, 0.5, factors.shape).astype(np.float32)
        return factors @ loadings + block.standard_normal((stop - start, genes), np.float32)

    names = pd.DataFrame({"gene": [f"G{i}" for i in range(genes)]})
    names = names.assign(id=names["gene"], entrez="", space="inferred")
    names.loc[names.index < 978, "space"] = "landmark"
    table = pd.DataFrame(
        {
            "id": [f"s{i}" for i in range(signatures)],
            "pert_id": [f"BRD-{i:06d}" for i in compound],
            "pert_iname": [f"compound {i}" for i in compound],
            "cell_id": [f"CELL{i:02d}" for i in cell],
            "pert_idose": "10 uM",
            "pert_itime": "24 h",
            "pert_type": "trt_cp",
            "tas": (strength / (strength + 4)).round(4).astype(str),
            "cc_q75": (strength / (strength + 2)).round(4).astype(str),
        }
    )
    return Source("simulated", names, table, read, _BLOCK)


def simulate_store(
    folder: str | Path,
    signatures: int,
    genes: int = 12328,
    *,
    seed: int = 1,
    threads: int = 2,
) -> SignatureStore:
    """Write a complete store of simulated signatures and open it.

    The same seed gives the same bytes. A store of that size and seed that stands already is
    opened, and one that was killed is gone on with. About 700 signatures of 12,328 genes a
    second and core; 6 bytes a gene and signature on disk; at most 2 GB of memory.

    Parameters
    ----------
    folder
        Where the store will be.
    signatures, genes
        Its size.
    seed
        Of the values.
    threads
        Cores.
    """
    folder = Path(folder)
    identity = {"simulated": [signatures, genes, seed]}
    origin = {"file": "simulated", "size": 0, "sha256": "", "release": f"simulated {seed}"}
    if (folder / "source.json").exists():
        store = SignatureStore.open(folder)
        if store.record.get("simulated") == identity["simulated"]:
            return store
    source = simulated_source(signatures, genes, seed=seed)
    kept, counts = keep_genes(source.genes, source.name)
    described = describe_signatures(source.signatures, (), source.name)
    with part_folder(folder, identity) as part:
        write_store(
            source, kept, described, part, origin={**origin, **counts, **identity},
            block=_BLOCK, threads=threads,
        )  # fmt: skip
    return SignatureStore.open(folder)


if __name__ == "__main__":
    simulate_store(sys.argv[1], int(sys.argv[2]))
