# Golden values of DESeq2: run in this folder with `Rscript make.R`. DESeq2 1.38.3, R 4.2.
# The filters of results() are off, as crosshub has them.
library(DESeq2)
set.seed(21)
n <- 20
samples <- data.frame(group = rep(0:1, each = n / 2), age = round(runif(n, 40, 80)))
mean <- exp(rnorm(400, 5, 1.5))
change <- rep(c(1.2, -1.2, 0), c(20, 20, 360))
mu <- mean * 2^outer(change, samples$group) * rep(exp(rnorm(n, 0, 0.2)), each = 400)
counts <- matrix(rnbinom(length(mu), mu = mu, size = 1 / (0.05 + 3 / mean) * exp(rnorm(400, 0, 0.4))), 400)
dimnames(counts) <- list(sprintf("G%03d", 1:400), paste0("S", 1:n))
counts <- counts[rowSums(counts) >= 15, ]
dds <- DESeqDataSetFromMatrix(counts, samples, model.matrix(~ group + age, samples))
dds <- DESeq(dds, quiet = TRUE)
write.table(data.frame(gene = rownames(counts), counts), "counts.tsv", sep = "\t", quote = FALSE, row.names = FALSE)
write.table(samples, "samples.tsv", sep = "\t", quote = FALSE, row.names = FALSE)
for (threshold in c(0, 0.5)) {
  found <- results(dds, contrast = c(0, 1, 0), lfcThreshold = threshold, cooksCutoff = FALSE, independentFiltering = FALSE)
  table <- data.frame(gene = rownames(counts), log2fc = found$log2FoldChange, z = found$stat, p_value = found$pvalue)
  table[-1] <- lapply(table[-1], format, digits = 15, trim = TRUE)
  write.table(table, if (threshold) "treat.tsv" else "wald.tsv", sep = "\t", quote = FALSE, row.names = FALSE)
}
