# Golden values of metafor: run in this folder with `Rscript make.R`. metafor 3.8, R 4.2.
library(metafor)
set.seed(13)
rows <- list()
for (k in c(3, 6)) for (i in 1:12) {
  v <- round(runif(k, 0.03, 0.3), 5)
  y <- round(rnorm(k, 0.4, sqrt(v + (i %% 3) * 0.08)), 5)
  reml <- rma(yi = y, vi = v, method = "REML", test = "knha", control = list(threshold = 1e-12, maxiter = 1000))
  common <- rma(yi = y, vi = v, method = "FE")
  q <- common$QE
  rows[[length(rows) + 1]] <- data.frame(k = k, y = paste(y, collapse = ","), v = paste(v, collapse = ","),
    reml = reml$beta[1], reml_low = reml$ci.lb, reml_high = reml$ci.ub, reml_p = reml$pval, tau2 = reml$tau2,
    common = common$beta[1], common_low = common$ci.lb, common_high = common$ci.ub, common_p = common$pval,
    q = q, q_p = common$QEp, i2 = max(0, 1 - (k - 1) / q))
}
write.table(format(do.call(rbind, rows), digits = 15, trim = TRUE), "combined.tsv", sep = "\t", quote = FALSE, row.names = FALSE)
# Hedges' g with the unbiased variance, from means and standard deviations.
n1 <- c(10, 25, 8); n2 <- c(12, 20, 9)
m1 <- c(5.2, 7.1, 3.3); m2 <- c(4.6, 7.5, 3.1); s1 <- c(0.8, 1.1, 0.4); s2 <- c(0.9, 1.0, 0.6)
g <- escalc("SMD", m1i = m1, m2i = m2, sd1i = s1, sd2i = s2, n1i = n1, n2i = n2, vtype = "UB")
write.table(format(data.frame(n1, n2, m1, m2, s1, s2, g = g$yi, variance = g$vi), digits = 15, trim = TRUE), "hedges.tsv", sep = "\t", quote = FALSE, row.names = FALSE)
