"""Linear models of expression as limma has them: weights, blocks, moderated variances, counts."""
