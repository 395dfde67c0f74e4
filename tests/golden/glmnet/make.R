# Golden values of elastic-net paths. Run in this folder: Rscript make.R (glmnet 4.1-6).
library(glmnet)
set.seed(7)
n <- 50; p <- 120
x <- round(matrix(rnorm(n * p), n, p), 4)
x[, 2] <- round(x[, 1] + 0.3 * rnorm(n), 4)
score <- x[, 1] - x[, 5] + 0.7 * x[, 9]
y <- as.numeric(runif(n) < plogis(score))
number <- round(score + rnorm(n), 4)
fold <- rep(1:5, length.out = n)
factors <- rep(1, p); factors[3] <- 0
write.table(cbind(y, number, fold, x), "input.tsv", sep = "\t", row.names = FALSE, quote = FALSE)
glmnet.control(fdev = 1e-5)
rows <- list(); choices <- list()
keep <- function(name, family, outcome, alpha, factors) {
  fit <- glmnet(x, outcome, family = family, alpha = alpha, thresh = 1e-14, maxit = 1e7,
                penalty.factor = factors * 1, type.logistic = "Newton")
  cv <- cv.glmnet(x, outcome, family = family, alpha = alpha, foldid = fold, lambda = fit$lambda, thresh = 1e-14,
                  maxit = 1e7, penalty.factor = factors, type.measure = "deviance")
  for (k in c(2, 10, 25, 40, 55)) {
    b <- as.numeric(fit$beta[, k])
    on <- which(b != 0)
    rows[[length(rows) + 1]] <<- data.frame(case = name, place = k, lambda = fit$lambda[k],
      gene = c(0, on), coefficient = c(fit$a0[k], b[on]), loss = cv$cvm[k], error = cv$cvsd[k])
  }
  choices[[length(choices) + 1]] <<- data.frame(case = name,
    least = which(cv$lambda == cv$lambda.min), sparse = which(cv$lambda == cv$lambda.1se))
}
keep("lasso", "binomial", y, 1, rep(1, p))
keep("elastic_net", "binomial", y, 0.5, rep(1, p))
keep("least_squares", "gaussian", number, 1, rep(1, p))
keep("free_covariate", "binomial", y, 1, factors)
write.table(format(do.call(rbind, rows), digits = 15), "paths.tsv", sep = "\t", row.names = FALSE, quote = FALSE)
write.table(do.call(rbind, choices), "choices.tsv", sep = "\t", row.names = FALSE, quote = FALSE)
