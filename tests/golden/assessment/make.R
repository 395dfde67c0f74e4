# Golden values: run in this folder with `Rscript make.R`. R 4.2, pROC 1.18, metafor 3.8.
library(pROC)
library(metafor)
set.seed(21)
write <- function(rows, name) write.table(format(do.call(rbind, rows), digits = 15, trim = TRUE, scientific = FALSE),
  name, sep = "\t", quote = FALSE, row.names = FALSE)
text <- function(x) paste(format(x, digits = 15, trim = TRUE, scientific = FALSE), collapse = ",")

# Calibration by glm: small and large, right, too extreme, reversed, extreme risks, nearly separated.
rows <- list()
add <- function(case, p) {
  exact <- glm.control(epsilon = 1e-15, maxit = 200)
  lp <- qlogis(p)
  # glm's covariance is that of the step before the last: start again from where it ended.
  again <- function(x, offset) {
    fit <- function(start) suppressWarnings(
      glm.fit(x, case, offset = offset, start = start, family = binomial(), control = exact))
    last <- fit(coef(fit(NULL)))
    class(last) <- c("glm", "lm")
    last
  }
  large <- again(cbind(level = rep(1, length(lp))), lp)
  slope <- again(cbind(level = 1, lp), NULL)
  a <- confint.default(large)
  b <- confint.default(slope)["lp", ]
  # glm stops at some large slope where cases and controls are apart.
  apart <- max(lp[case == 0]) <= min(lp[case == 1]) || max(lp[case == 1]) <= min(lp[case == 0])
  b <- if (apart) c(NA, NA) else b
  rows[[length(rows) + 1]] <<- data.frame(case = text(case), probability = text(p), intercept = coef(large)[[1]],
    intercept_low = a[1], intercept_high = a[2], slope = if (apart) NA else coef(slope)[[2]], slope_low = b[[1]], slope_high = b[[2]])
}
for (n in c(12, 25, 60, 400)) for (factor in c(0.2, 1, 4, -1)) {
  lp <- round(rnorm(n, -0.3, 1.2), 5)
  add(as.integer(runif(n) < plogis(lp)), round(plogis(factor * lp + 0.5), 9))
}
add(as.integer(runif(30) < 0.5), round(runif(30, 1e-6, 1e-3), 9))
add(c(rep(0, 15), 1, 0, rep(1, 15)), round(sort(runif(32)), 6))
write(rows, "calibration.tsv")

# Wilson's interval.
rows <- list()
for (n in c(1, 2, 7, 10, 33, 500)) for (x in unique(round(n * c(0, 0.1, 0.5, 0.83, 1)))) {
  ci <- suppressWarnings(prop.test(x, n, correct = FALSE)$conf.int)
  rows[[length(rows) + 1]] <- data.frame(successes = x, total = n, low = ci[1], high = ci[2])
}
write(rows, "wilson.tsv")

# Youden's threshold: all best ones of pROC.
rows <- list()
for (i in 1:12) {
  n <- c(6, 12, 30)[(i - 1) %% 3 + 1]
  case <- rep(c(1, 0), c(n, n + i))
  score <- round(rnorm(length(case), case * 0.8), if (i > 6) 1 else 6)
  roc <- roc(case, score, levels = c(0, 1), direction = "<", quiet = TRUE)
  best <- coords(roc, "best", best.method = "youden", ret = c("threshold", "sensitivity", "specificity"), transpose = FALSE)
  first <- which.min(best$threshold)
  rows[[i]] <- data.frame(case = text(case), score = text(score), threshold = best$threshold[first],
    sensitivity = best$sensitivity[first], specificity = best$specificity[first])
}
write(rows, "youden.tsv")

# AUCs pooled on the logit scale; the prediction interval as metamisc has it, with k - 2 degrees of freedom.
rows <- list()
for (k in c(2, 3, 5, 9)) for (i in 1:6) {
  auc <- round(plogis(rnorm(k, 1, c(0.05, 0.6)[i %% 2 + 1])), 4)
  error <- round(runif(k, 0.02, 0.09), 4)
  fit <- rma(yi = qlogis(auc), sei = error / (auc * (1 - auc)), method = "REML", test = "knha",
    control = list(threshold = 1e-14, maxiter = 10000))
  normal <- update(fit, test = "z")
  half <- if (k > 2) qt(0.975, k - 2) * sqrt(fit$tau2 + fit$se^2) else NA
  safe_half <- if (k > 2) qt(0.975, k - 2) * sqrt(fit$tau2 + max(fit$se, normal$se)^2) else NA
  rows[[length(rows) + 1]] <- data.frame(auc = text(auc), error = text(error), pooled = plogis(fit$beta[1]),
    low = plogis(fit$ci.lb), high = plogis(fit$ci.ub), prediction_low = plogis(fit$beta[1] - half),
    prediction_high = plogis(fit$beta[1] + half), safe_low = plogis(min(fit$ci.lb, normal$ci.lb)), safe_high = plogis(max(fit$ci.ub, normal$ci.ub)),
    safe_prediction_low = plogis(fit$beta[1] - safe_half), safe_prediction_high = plogis(fit$beta[1] + safe_half), tau2 = fit$tau2, q = fit$QE, q_p = fit$QEp)
}
write(rows, "pooling.tsv")

# Cox-Snell R2 of an AUC: the log likelihood of a logistic model in two normals, by R's quadrature.
rows <- list()
for (auc in c(0.55, 0.7, 0.81, 0.89, 0.97)) for (prevalence in c(0.02, 0.174, 0.5, 0.77)) {
  d <- sqrt(2) * qnorm(auc)
  a <- qlogis(prevalence) - d^2 / 2
  part <- function(f) integrate(f, -12, 12 + d, rel.tol = 1e-11, subdivisions = 2000)$value
  model <- prevalence * part(function(x) dnorm(x, d) * plogis(a + d * x, log.p = TRUE)) +
    (1 - prevalence) * part(function(x) dnorm(x) * plogis(-a - d * x, log.p = TRUE))
  null <- prevalence * log(prevalence) + (1 - prevalence) * log(1 - prevalence)
  rows[[length(rows) + 1]] <- data.frame(auc, prevalence, r2 = 1 - exp(2 * (null - model)))
}
write(rows, "r2.tsv")
