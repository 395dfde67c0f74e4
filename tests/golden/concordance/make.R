# Concordance with numbers and its standard error, by survival's infinitesimal jackknife.
# Run: Rscript make.R (survival 3.x).
library(survival)
set.seed(5)
rows <- list(); samples <- list()
for (case in seq_len(6)) {
  n <- c(8, 15, 30, 30, 60, 25)[case]
  outcome <- round(rnorm(n), c(6, 6, 6, 0, 1, 6)[case])
  score <- round(c(0, 1, 0.5, 1, 2, -1)[case] * outcome + rnorm(n), c(6, 6, 1, 6, 0, 6)[case])
  found <- concordance(outcome ~ score)
  rows[[case]] <- data.frame(case = case, concordance = as.numeric(found$concordance),
                             error = sqrt(as.numeric(found$var)))
  samples[[case]] <- data.frame(case = case, outcome = outcome, score = score)
}
# People with several samples: the same jackknife over people.
person <- rep(1:15, c(rep(1, 5), rep(2, 5), rep(5, 5)))
outcome <- round(rnorm(15)[person] + 0.3 * rnorm(length(person)), 1)
score <- round(outcome + rnorm(15)[person] + 0.2 * rnorm(length(person)), 1)
found <- concordance(outcome ~ score, cluster = person)
clustered <- data.frame(person, outcome, score, concordance = as.numeric(found$concordance),
                        error = sqrt(as.numeric(found$var)))
write_tsv <- function(table, name) {
  number <- sapply(table, is.numeric)
  table[number] <- lapply(table[number], function(x) format(x, digits = 15, trim = TRUE))
  write.table(table, paste0(name, ".tsv"), sep = "\t", quote = FALSE, row.names = FALSE)
}
write_tsv(do.call(rbind, rows), "found")
write_tsv(do.call(rbind, samples), "samples")
write_tsv(clustered, "clustered")
