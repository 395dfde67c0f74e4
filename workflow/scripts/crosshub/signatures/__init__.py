"""The store of reference signatures: gene-major, so that a query reads only its own genes.

A Connectivity Map release is one row a signature; a query needs a few hundred genes of all of
them. The store turns it around once: ranks (uint16) and z-scores (float16), genes × signatures.
Ranks are taken from the float32 source, because float16 makes ties.
"""

from crosshub.signatures.annotation import SIGNATURE_COLUMNS
from crosshub.signatures.index import index_signatures, read_release_table
from crosshub.signatures.store import SignatureStore, verify_store

__all__ = [
    "SIGNATURE_COLUMNS",
    "SignatureStore",
    "index_signatures",
    "read_release_table",
    "verify_store",
]
