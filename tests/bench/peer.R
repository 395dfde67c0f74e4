# The peer's side of run.py: Rscript peer.R task file genes samples runs; prints median seconds.
args <- commandArgs(TRUE)
genes <- as.integer(args[3]); samples <- as.integer(args[4]); runs <- as.integer(args[5])
x <- matrix(readBin(args[2], "double", genes * samples), genes)
rownames(x) <- paste0("G", seq_len(genes))
group <- (seq_len(samples) - 1) %% 2
if (args[1] == "limma") {
  suppressMessages(library(limma))
  task <- function() topTable(eBayes(lmFit(x, cbind(1, group))), coef = 2, number = Inf)
} else {
  suppressMessages(library(WGCNA))
  runs <- 1
  task <- function() {
    e <- t(x)
    soft <- pickSoftThreshold(e, powerVector = c(1:10, seq(12, 20, 2)), networkType = "signed hybrid", verbose = 0)
    power <- if (is.na(soft$powerEstimate)) 6 else soft$powerEstimate
    d <- 1 - TOMsimilarity(adjacency(e, power = power, type = "signed hybrid"), TOMType = "unsigned", verbose = 0)
    tree <- hclust(as.dist(d), method = "average")
    labels <- cutreeDynamic(tree, distM = d, deepSplit = 2, pamRespectsDendro = FALSE, minClusterSize = 30, verbose = 0)
    mergeCloseModules(e, labels, cutHeight = 0.25, verbose = 0)
  }
}
capture <- capture.output(invisible(task()))
times <- numeric(runs)
for (i in seq_len(runs)) times[i] <- system.time(capture.output(task()))[["elapsed"]]
cat(median(times), "\n")
