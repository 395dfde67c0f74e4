"""From the shared genes to the drug list: queries, evidence for each compound, names."""
