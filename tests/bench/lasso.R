# cv.glmnet on a table: Rscript lasso.R FOLDER; prints the median seconds of five runs.
suppressMessages(library(glmnet))
folder <- commandArgs(TRUE)[1]
n <- scan(file.path(folder, "n.txt"), quiet = TRUE)
x <- matrix(readBin(file.path(folder, "x.bin"), "double", n[1] * n[2]), n[1], n[2])
y <- scan(file.path(folder, "y.txt"), quiet = TRUE)
fold <- (seq_along(y) - 1) %% 10 + 1
seconds <- replicate(5, system.time(
  fit <<- cv.glmnet(x, y, family = "binomial", foldid = fold))[["elapsed"]])
b <- fit$glmnet.fit
objective <- sapply(seq_along(b$lambda), function(k) {
  eta <- as.numeric(x %*% b$beta[, k]) + b$a0[k]
  mean(log1p(exp(-(2 * y - 1) * eta))) + b$lambda[k] * sum(abs(b$beta[, k]) * apply(x, 2, function(v) sqrt(mean((v - mean(v))^2))))
})
cat(median(seconds), length(b$lambda), "\n")
writeLines(format(objective, digits = 15), file.path(folder, "objective.txt"))
