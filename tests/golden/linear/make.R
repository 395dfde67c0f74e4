# Golden values of the linear models by limma: Rscript make.R, in this folder. Simulated data.
library(limma)
set.seed(20261124)
genes <- paste0("G", 1:250)
n <- 24
group <- rep(0:1, n / 2)
person <- rep(1:(n / 2), each = 2)
uneven <- c(1, 1, 1, 2, 2, 3, 3, 4, 5, 6, 6, 7, 8, 8, 8, 9, 10, 10, 11, 12, 12, 13, 14, 14)
later <- as.numeric(uneven > 6)
age <- round(runif(n, 30, 80))
x <- matrix(rnorm(250 * n), 250) * sqrt(8 / rchisq(250, 8)) * rep(exp(rnorm(n, 0, 0.4)), each = 250)
x <- x + matrix(rnorm(250 * 12), 250)[, person] * 0.8 + runif(250, 4, 12)
x[1:5, ] <- x[1:5, ] + matrix(rnorm(5 * n), 5) * 8
x[6:30, group == 1] <- x[6:30, group == 1] + 1.5
x <- round(x, 6)
mu <- exp(rnorm(250, 4, 1.2))
counts <- matrix(rnbinom(250 * n, mu = outer(mu, runif(n, 0.6, 1.6)), size = 6), 250)
counts[1:20, group == 1] <- counts[1:20, group == 1] * 3L
counts <- counts + 1L
save <- function(table, name) {
  table <- data.frame(gene = genes, table)
  table[-1] <- lapply(table[-1], function(v) format(v, digits = 15, trim = TRUE))
  write.table(table, paste0(name, ".tsv"), sep = "\t", quote = FALSE, row.names = FALSE)
}
write.table(data.frame(gene = genes, x), "expression.tsv", sep = "\t", quote = FALSE, row.names = FALSE)
write.table(data.frame(gene = genes, counts), "counts.tsv", sep = "\t", quote = FALSE, row.names = FALSE)
write.table(data.frame(group, person, uneven, later, age), "samples.tsv", sep = "\t", quote = FALSE, row.names = FALSE)
result <- function(fit) {
  data.frame(coefficient = fit$coefficients[, 2], t = fit$t[, 2], p_value = fit$p.value[, 2],
             variance = fit$s2.post, df = fit$df.total + 0 * fit$t[, 2])
}
two <- cbind(1, group)
pairs <- model.matrix(~ group + factor(person))
fits <- list(
  two_groups = eBayes(lmFit(x, two)),
  covariate = eBayes(lmFit(x, cbind(1, group, age))),
  continuous = eBayes(lmFit(x, cbind(1, age))),
  pairs_as_factor = eBayes(lmFit(x, pairs)),
  trend = eBayes(lmFit(x, two), trend = TRUE),
  robust = eBayes(lmFit(x, two), robust = TRUE),
  robust_trend = eBayes(lmFit(x, two), trend = TRUE, robust = TRUE),
  sample_weights = eBayes(lmFit(x, two, weights = arrayWeights(x, two, method = "reml", tol = 1e-14))),
  treat = treat(lmFit(x, two), lfc = 0.5)
)
pair_correlation <- duplicateCorrelation(x, two, block = person)$consensus.correlation
fits$pairs <- eBayes(lmFit(x, two, block = person, correlation = pair_correlation))
uneven_correlation <- duplicateCorrelation(x, cbind(1, later), block = uneven)$consensus.correlation
fits$uneven <- eBayes(lmFit(x, cbind(1, later), block = uneven, correlation = uneven_correlation))
v <- voom(counts, two)
fits$voom <- eBayes(lmFit(v, two))
voom_correlation <- duplicateCorrelation(v, two, block = person)$consensus.correlation
vb <- voom(counts, two, block = person, correlation = voom_correlation)
fits$voom_pairs <- eBayes(lmFit(vb, two, block = person, correlation = voom_correlation))
# voomWithQualityWeights by its steps, so that arrayWeights can be told to iterate to the end.
aw <- arrayWeights(v, two, method = "reml", tol = 1e-14)
vq <- voom(counts, two, weights = aw)
aw <- arrayWeights(vq, two, method = "reml", tol = 1e-14)
vq$weights <- t(aw * t(vq$weights))
fits$voom_weights <- eBayes(lmFit(vq, two))
for (name in names(fits)) save(result(fits[[name]]), name)
correlations <- c(pairs = pair_correlation, uneven = uneven_correlation, voom_pairs = voom_correlation)
write.table(data.frame(design = names(correlations), correlation = format(correlations, digits = 15)),
            "correlations.tsv", sep = "\t", quote = FALSE, row.names = FALSE)
weights <- arrayWeights(x, two, method = "reml", tol = 1e-14)
write.table(data.frame(weight = format(weights, digits = 15)), "weights.tsv", sep = "\t", quote = FALSE, row.names = FALSE)
