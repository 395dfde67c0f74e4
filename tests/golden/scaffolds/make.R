# Golden values of the enrichment of scaffolds: Rscript make.R > phyper.tsv
# total compounds, hits among them, compounds with the scaffold, hits among these: P(as many or more)
rows <- rbind(
  c(100, 10, 5, 3), c(100, 10, 5, 0), c(1000, 50, 8, 8), c(28000, 700, 40, 4),
  c(28000, 700, 3, 3), c(60, 20, 20, 12), c(30, 10, 3, 1)
)
p <- phyper(rows[, 4] - 1, rows[, 2], rows[, 1] - rows[, 2], rows[, 3], lower.tail = FALSE)
table <- data.frame(rows, format(p, digits = 15))
names(table) <- c("total", "drawn", "size", "found", "p_value")
write.table(table, "", sep = "\t", quote = FALSE, row.names = FALSE)
