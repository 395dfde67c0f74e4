# Golden values of ComBat: run in this folder with `Rscript make.R`. sva 3.46, R 4.2.
library(sva)
set.seed(31)
batch <- rep(c("a", "b", "c"), c(8, 7, 5))
group <- rep(0:1, 10)
x <- matrix(rnorm(60 * 20, 8), 60) + outer(rnorm(60), as.numeric(factor(batch))) + outer(rep(c(1, 0), c(10, 50)), group)
x[, batch == "b"] <- x[, batch == "b"] * 1.3
x <- round(x, 4)
dimnames(x) <- list(sprintf("G%02d", 1:60), paste0("S", 1:20))
write.table(data.frame(gene = rownames(x), x), "expression.tsv", sep = "\t", quote = FALSE, row.names = FALSE)
write.table(data.frame(sample = colnames(x), batch, group), "samples.tsv", sep = "\t", quote = FALSE, row.names = FALSE)
for (name in c("plain", "covariate")) {
  model <- if (name == "covariate") model.matrix(~group) else NULL
  out <- suppressMessages(ComBat(x, batch, mod = model))
  write.table(data.frame(gene = rownames(x), format(out, digits = 15, trim = TRUE)), paste0(name, ".tsv"), sep = "\t", quote = FALSE, row.names = FALSE)
}
