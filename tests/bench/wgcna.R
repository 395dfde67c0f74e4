# The peer's side of wgcna.py: Rscript wgcna.R task file genes samples; prints the seconds
# that it took and those of the processor.
# The file holds genes × samples in doubles; for "preservation" two such matrices one after the
# other, and then the module of each gene.
suppressMessages(library(WGCNA))
args <- commandArgs(TRUE)
genes <- as.integer(args[3]); samples <- as.integer(args[4])
values <- readBin(args[2], "double", file.size(args[2]) / 8)
named <- function(from) {
  x <- t(matrix(values[from - 1 + seq_len(genes * samples)], genes))
  dimnames(x) <- list(paste0("S", seq_len(samples)), paste0("G", seq_len(genes)))
  x
}
chain <- function() {
  e <- named(1)
  soft <- pickSoftThreshold(e, powerVector = c(1:10, seq(12, 20, 2)), networkType = "signed hybrid",
                            verbose = 0)
  power <- if (is.na(soft$powerEstimate)) 6 else soft$powerEstimate
  weights <- adjacency(e, power = power, type = "signed hybrid")
  d <- 1 - TOMsimilarity(weights, TOMType = "unsigned", verbose = 0)
  tree <- hclust(as.dist(d), method = "average")
  labels <- cutreeDynamic(tree, distM = d, deepSplit = 2, pamRespectsDendro = FALSE,
                          minClusterSize = 30, verbose = 0)
  mergeCloseModules(e, labels, cutHeight = 0.25, verbose = 0)
}
preservation <- function() {
  n <- genes * samples
  modulePreservation(list(a = list(data = named(1)), b = list(data = named(n + 1))),
                     list(a = values[2 * n + seq_len(genes)]), networkType = "signed hybrid",
                     nPermutations = 200, savePermutedStatistics = FALSE, verbose = 0)
}
task <- if (args[1] == "chain") chain else preservation
invisible(capture.output(used <- system.time(task())))
cat(used[["elapsed"]], used[["user.self"]] + used[["sys.self"]], "\n")
