"""What a panel is worth beyond its AUC: thresholds, calibration, benefit, stability and size."""
