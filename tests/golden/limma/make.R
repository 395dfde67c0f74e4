# Golden values of limma: run in this folder with `Rscript make.R`. limma 3.54, R 4.2.
library(limma)
set.seed(11)
n_genes <- 300
age <- round(runif(17, 30, 80))
group <- rep(c(0, 1), c(9, 8))
sd_gene <- sqrt(0.3 * 4 / rchisq(n_genes, 4))
mean_gene <- runif(n_genes, 3, 13)
x <- matrix(rnorm(n_genes * 17, 0, sd_gene), n_genes) + mean_gene
x[1:30, group == 1] <- x[1:30, group == 1] + 1.2
x[31:40, ] <- x[31:40, ] + outer(rep(0.02, 10), age)
x <- round(x, 4)
rownames(x) <- sprintf("G%03d", seq_len(n_genes))
colnames(x) <- sprintf("S%02d", 1:17)
write.table(data.frame(gene = rownames(x), x), "expression.tsv", sep = "\t", quote = FALSE, row.names = FALSE)
write.table(data.frame(sample = colnames(x), group = ifelse(group == 1, "case", "control"), age = age),
  "samples.tsv", sep = "\t", quote = FALSE, row.names = FALSE)
out <- function(design, name, values = x, trend = FALSE) {
  fit <- eBayes(lmFit(values, design), trend = trend)
  s2prior <- rep_len(fit$s2.prior, nrow(values))
  table <- data.frame(gene = rownames(values), coefficient = fit$coefficients[, 2], t = fit$t[, 2],
    p_value = fit$p.value[, 2], variance = fit$s2.post, prior_variance = s2prior,
    df = fit$df.total, prior_df = rep_len(fit$df.prior, nrow(values)))
  write.table(format(table, digits = 15, trim = TRUE), paste0(name, ".tsv"), sep = "\t", quote = FALSE, row.names = FALSE)
}
two <- cbind(1, group)
out(two, "two_groups")
out(cbind(1, group, age), "covariate")
out(two, "trend", trend = TRUE)
# Genes of one variance: the prior has infinite degrees of freedom.
same <- matrix(rnorm(40 * 17), 40)
same <- round(t(apply(same, 1, function(v) { r <- resid(lm(v ~ group)); r / sd(r) * 0.5 + 8 + v[1] * group })), 6)
rownames(same) <- sprintf("H%02d", 1:40)
colnames(same) <- colnames(x)
write.table(data.frame(gene = rownames(same), same), "same_variance.tsv", sep = "\t", quote = FALSE, row.names = FALSE)
out(two, "infinite_prior", values = same)
