"""Quality of a cohort: outliers, sex, and what cannot be told from the disease.

Nothing is dropped here; a design that cannot be fitted is refused.
"""

from crosshub.qc.cohort import check_cohort
from crosshub.qc.confounding import (
    Field,
    confounded_covariates,
    confounding,
    fields_to_check,
    refuse_confounded,
)
from crosshub.qc.fields import age, annotated_sex, batch, scan_date
from crosshub.qc.outliers import FLAGS, LINES, measure_samples, principal_components
from crosshub.qc.sex import UNKNOWN, Y_GENES, infer_sex, sex_conflicts

__all__ = [
    "FLAGS",
    "LINES",
    "UNKNOWN",
    "Y_GENES",
    "Field",
    "age",
    "annotated_sex",
    "batch",
    "check_cohort",
    "confounded_covariates",
    "confounding",
    "fields_to_check",
    "infer_sex",
    "measure_samples",
    "principal_components",
    "refuse_confounded",
    "scan_date",
    "sex_conflicts",
]
