# SVM-RFE with step 1 as a loop over e1071: Rscript svm_rfe.R FOLDER; prints the seconds of three runs.
suppressMessages(library(e1071))
folder <- commandArgs(TRUE)[1]
n <- scan(file.path(folder, "n.txt"), quiet = TRUE)
x <- matrix(readBin(file.path(folder, "x.bin"), "double", n[1] * n[2]), n[1], n[2])
y <- factor(scan(file.path(folder, "y.txt"), quiet = TRUE))
eliminate <- function(...) {
  left <- seq_len(ncol(x))
  step <- integer(ncol(x))
  for (i in seq_len(ncol(x))) {
    model <- svm(x[, left, drop = FALSE], y, kernel = "linear", cost = 1, scale = FALSE, ...)
    worst <- which.min(drop(t(model$coefs) %*% model$SV)^2)
    step[left[worst]] <- i
    left <- left[-worst]
  }
  step
}
cat(replicate(3, system.time(eliminate())[["elapsed"]]), "\n")
writeLines(format(eliminate(tolerance = 1e-7)), file.path(folder, "step.txt"))
