# Golden values of pROC: run in this folder with `Rscript make.R`. pROC 1.18, R 4.2.
library(pROC)
set.seed(14)
rows <- list()
for (i in 1:10) {
  n <- c(6, 9, 15, 30, 60)[(i - 1) %% 5 + 1]
  case <- rep(c(1, 0), c(n, n + i))
  score <- rnorm(length(case), case * (i %% 4) * 0.5)
  # Half of the sets have ties.
  score <- if (i > 5) round(score, 1) else round(score, 6)
  ci <- ci.auc(roc(case, score, levels = c(0, 1), direction = "<", quiet = TRUE), method = "delong")
  rows[[i]] <- data.frame(case = paste(case, collapse = ","), score = paste(score, collapse = ","),
    low = ci[1], auc = ci[2], high = ci[3])
}
write.table(format(do.call(rbind, rows), digits = 15, trim = TRUE), "delong.tsv", sep = "\t", quote = FALSE, row.names = FALSE)
