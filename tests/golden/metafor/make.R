# Golden values of metafor: run in this folder with `Rscript make.R`. metafor 3.8,
# RobustRankAggreg 1.2.1, R 4.2.
library(metafor)
set.seed(13)
rows <- list()
for (k in c(3, 6)) for (i in 1:12) {
  v <- round(runif(k, 0.03, 0.3), 5)
  y <- round(rnorm(k, 0.4, sqrt(v + (i %% 3) * 0.08)), 5)
  reml <- rma(yi = y, vi = v, method = "REML", test = "knha", control = list(threshold = 1e-12, maxiter = 1000))
  common <- rma(yi = y, vi = v, method = "FE")
  dl <- rma(yi = y, vi = v, method = "DL")
  wald <- rma(yi = y, vi = v, method = "REML", control = list(threshold = 1e-12, maxiter = 1000))
  hts <- qt(0.975, k - 2) * sqrt(wald$tau2 + wald$se^2) # Higgins, Thompson and Spiegelhalter
  q <- common$QE
  rows[[length(rows) + 1]] <- data.frame(k = k, y = paste(y, collapse = ","), v = paste(v, collapse = ","),
    reml = reml$beta[1], reml_low = reml$ci.lb, reml_high = reml$ci.ub, reml_p = reml$pval, tau2 = reml$tau2,
    common = common$beta[1], common_low = common$ci.lb, common_high = common$ci.ub, common_p = common$pval,
    dl = dl$beta[1], dl_low = dl$ci.lb, dl_high = dl$ci.ub, dl_p = dl$pval, dl_tau2 = dl$tau2,
    prediction_low = wald$beta[1] - hts, prediction_high = wald$beta[1] + hts,
    q = q, q_p = common$QEp, i2 = max(0, 1 - (k - 1) / q))
}
write.table(format(do.call(rbind, rows), digits = 15, trim = TRUE), "combined.tsv", sep = "\t", quote = FALSE, row.names = FALSE)
# Hedges' g with the unbiased variance, from means and standard deviations.
n1 <- c(10, 25, 8); n2 <- c(12, 20, 9)
m1 <- c(5.2, 7.1, 3.3); m2 <- c(4.6, 7.5, 3.1); s1 <- c(0.8, 1.1, 0.4); s2 <- c(0.9, 1.0, 0.6)
g <- escalc("SMD", m1i = m1, m2i = m2, sd1i = s1, sd2i = s2, n1i = n1, n2i = n2, vtype = "UB")
write.table(format(data.frame(n1, n2, m1, m2, s1, s2, g = g$yi, variance = g$vi), digits = 15, trim = TRUE), "hedges.tsv", sep = "\t", quote = FALSE, row.names = FALSE)
# Robust rank aggregation of four lists of 200 genes, and p-values combined by base R.
library(RobustRankAggreg)
genes <- sprintf("G%03d", 1:200)
lists <- lapply(1:4, function(i) genes[order(rnorm(200) - 2 * (seq_along(genes) <= 10))])
rho <- aggregateRanks(rmat = RobustRankAggreg::rankMatrix(lists), method = "RRA")
ranks <- RobustRankAggreg::rankMatrix(lists)[genes, ]
colnames(ranks) <- paste0("rank_", 1:4)
rra <- data.frame(gene = genes, ranks, p = rho[genes, "Score"])
write.table(format(rra, digits = 15, trim = TRUE), "rank_aggregation.tsv", sep = "\t", quote = FALSE, row.names = FALSE)
p <- matrix(round(runif(60)^3, 6), ncol = 3); w <- c(3, 4.5, 2)
combined <- data.frame(p1 = p[, 1], p2 = p[, 2], p3 = p[, 3],
  fisher = pchisq(-2 * rowSums(log(p)), 6, lower.tail = FALSE),
  stouffer = pnorm(as.vector(qnorm(p, lower.tail = FALSE) %*% w) / sqrt(sum(w^2)), lower.tail = FALSE))
write.table(format(combined, digits = 15, trim = TRUE), "p_values.tsv", sep = "\t", quote = FALSE, row.names = FALSE)
