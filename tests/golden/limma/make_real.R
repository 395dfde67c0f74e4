# t of GSE55235, rheumatoid arthritis against healthy, by limma on crosshub's own matrix:
# Rscript make_real.R expression.tsv samples.tsv (genes.parquet as TSV of doubles, samples.tsv of the cohort).
library(limma)
args <- commandArgs(TRUE)
x <- as.matrix(read.delim(args[1], row.names = 1, check.names = FALSE))
s <- read.delim(args[2])
s <- s[match(colnames(x), s$sample), ]
fit <- eBayes(lmFit(x, cbind(1, s$group == "case")))
kept <- rownames(x)[seq(1, nrow(x), by = 40)]
table <- data.frame(gene = kept, log2fc = fit$coefficients[kept, 2], t = fit$t[kept, 2], p_value = fit$p.value[kept, 2])
write.table(format(table, digits = 15, trim = TRUE), "gse55235_ra.tsv", sep = "\t", quote = FALSE, row.names = FALSE)
