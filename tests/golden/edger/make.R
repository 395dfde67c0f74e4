# Golden values of edgeR: run in this folder with `Rscript make.R`. edgeR 3.40, R 4.2.
library(edgeR)
library(limma)
set.seed(12)
n_genes <- 400
mu <- exp(rnorm(n_genes, 3, 2))
depth <- runif(12, 0.3, 2)
group <- rep(c("control", "case"), c(7, 5))
y <- matrix(rnbinom(n_genes * 12, mu = outer(mu, depth), size = 5), n_genes)
y[1:40, group == "case"] <- y[1:40, group == "case"] * 3
y[1:5, ] <- 0
rownames(y) <- sprintf("G%03d", seq_len(n_genes))
colnames(y) <- sprintf("S%02d", 1:12)
write.table(data.frame(gene = rownames(y), y), "counts.tsv", sep = "\t", quote = FALSE, row.names = FALSE)
d <- DGEList(y, group = group)
keep <- filterByExpr(d, group = group)
d <- calcNormFactors(d[keep, , keep.lib.sizes = FALSE])
cpm2 <- cpm(d, log = TRUE, prior.count = 2)
write.table(format(data.frame(sample = colnames(y), group = group, factor = d$samples$norm.factors), digits = 15, trim = TRUE),
  "factors.tsv", sep = "\t", quote = FALSE, row.names = FALSE)
fit <- eBayes(lmFit(cpm2, cbind(1, group == "case")), trend = TRUE)
write.table(format(data.frame(gene = rownames(cpm2), log2_cpm_first = cpm2[, 1], log2_cpm_last = cpm2[, 12],
  t = fit$t[, 2], p_value = fit$p.value[, 2]), digits = 15, trim = TRUE), "tested.tsv", sep = "\t", quote = FALSE, row.names = FALSE)
