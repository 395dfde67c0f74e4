"""DESeq2's test of counts, by the library pydeseq2."""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class WaldTest:
    """log2 fold changes, their z and two-sided p, one a gene."""

    log2fc: np.ndarray
    z: np.ndarray
    p_value: np.ndarray


def wald_test(
    counts: np.ndarray, design: np.ndarray, coefficient: int, *, fold_change: float = 0.0
) -> WaldTest:
    """Test one coefficient of a negative binomial model of each gene.

    Parameters
    ----------
    counts
        Genes × samples, filtered.
    design
        Samples × coefficients, of full rank.
    coefficient
        The column of `design` that is tested.
    fold_change
        Test whether the coefficient is beyond this (log2) on either side, and not beyond zero.

    Returns
    -------
    WaldTest
        DESeq2's, without its independent filter: the genes were filtered by expression before.

    References
    ----------
    Love, Huber and Anders 2014, Moderated estimation of fold change and dispersion for RNA-seq data
    with DESeq2, Genome Biology 15:550. Muzellec et al. 2023, PyDESeq2: a python package for bulk
    RNA-seq differential expression analysis, Bioinformatics 39:btad547.
    """
    # It brings scikit-learn and more: only who asks for it waits for them.
    from pydeseq2.dds import DeseqDataSet
    from pydeseq2.default_inference import DefaultInference
    from pydeseq2.ds import DeseqStats

    samples = [f"S{i}" for i in range(counts.shape[1])]
    names = [f"x{i}" for i in range(design.shape[1])]
    model = pd.DataFrame(design, index=samples, columns=names)
    whole = pd.DataFrame(np.rint(counts).astype(int).T, index=samples)
    whole.columns = whole.columns.map(str)
    contrast = np.eye(design.shape[1])[coefficient]
    inference = DefaultInference(n_cpus=1)
    with warnings.catch_warnings():
        # It warns of fits that it mends itself: a trend that does not converge becomes a mean.
        warnings.simplefilter("ignore")
        data = DeseqDataSet(
            counts=whole, metadata=model, design=model, inference=inference, quiet=True
        )
        data.deseq2()
        test = DeseqStats(
            data,
            contrast,
            lfc_null=fold_change,
            alt_hypothesis="greaterAbs" if fold_change else None,
            cooks_filter=False,
            independent_filter=False,
            inference=inference,
            quiet=True,
        )
        test.run_wald_test()
    log2fc = data.varm["LFC"].to_numpy() @ contrast / np.log(2)
    return WaldTest(log2fc, test.statistics.to_numpy(float), test.p_values.to_numpy(float))
