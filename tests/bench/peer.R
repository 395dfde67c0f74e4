# The peer's side of run.py: Rscript peer.R file genes samples runs; prints median seconds.
args <- commandArgs(TRUE)
genes <- as.integer(args[2]); samples <- as.integer(args[3]); runs <- as.integer(args[4])
x <- matrix(readBin(args[1], "double", genes * samples), genes)
rownames(x) <- paste0("G", seq_len(genes))
group <- (seq_len(samples) - 1) %% 2
suppressMessages(library(limma))
task <- function() topTable(eBayes(lmFit(x, cbind(1, group))), coef = 2, number = Inf)
capture <- capture.output(invisible(task()))
times <- numeric(runs)
for (i in seq_len(runs)) times[i] <- system.time(capture.output(task()))[["elapsed"]]
cat(median(times), "\n")
