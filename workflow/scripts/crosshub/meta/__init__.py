"""Combining the cohorts of one disease.

`effects` makes effects that can be compared, `pooling` combines them, `p_values` and `ranks`
combine evidence without effects, `combine` puts the table of a disease together.
"""
