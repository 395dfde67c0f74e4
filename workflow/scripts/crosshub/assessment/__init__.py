"""What a panel is worth beyond its AUC: thresholds, calibration, benefit, stability and size."""

from scipy.stats import norm

# Half the width of a 95 % interval in standard errors.
Z = float(norm.ppf(0.975))
