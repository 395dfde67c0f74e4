# Makes the tables of this folder: the consensus modules that WGCNA finds in the cohorts of ../wgcna.
# Run in this folder: Rscript make.R   (a few seconds; WGCNA 1.72.1)
suppressPackageStartupMessages(library(WGCNA))
disableWGCNAThreads()

write <- function(x, name, digits = 9) {
  numeric <- vapply(x, is.double, TRUE)
  x[numeric] <- lapply(x[numeric], signif, digits)
  write.table(x, paste0(name, ".tsv"), sep = "\t", quote = FALSE, row.names = FALSE)
}
read <- function(name) t(as.matrix(read.delim(paste0("../wgcna/", name, ".tsv"), row.names = 1)))
# Two cohorts of one simulated set: its odd and its even samples.
odd <- function(x) x[seq(1, nrow(x), 2), ]
even <- function(x) x[seq(2, nrow(x), 2), ]
easy <- read("easy"); hard <- read("hard")
cohorts <- list(easy_odd = odd(easy), easy_even = even(easy), hard_odd = odd(hard),
                hard_even = even(hard), test = read("test"))

sets <- list(c("easy_odd", "easy_even"), c("hard_even", "hard_odd"),
             c("test", "easy_odd", "easy_even"))
genes <- data.frame(gene = colnames(easy))
profiles <- list(); overlap <- list()
set.seed(1)
pairs <- t(combn(nrow(genes), 2))[sample(nrow(genes) * (nrow(genes) - 1) / 2, 200), ]
for (names in sets) for (method in c("pearson", "bicor")) {
  data <- lapply(setNames(names, names), function(name) list(data = cohorts[[name]]))
  name <- paste(c(names, method), collapse = ".")
  common <- list(multiExpr = data, power = 6, networkType = "signed hybrid", corType = method,
    TOMType = "unsigned", maxBlockSize = 5000, networkCalibration = "single quantile",
    calibrationQuantile = 0.95, sampleForCalibration = FALSE, consensusQuantile = 0, verbose = 0)
  tom <- as.matrix(do.call(consensusTOM, c(common, returnTOMs = TRUE,
                                           saveConsensusTOMs = FALSE))$consensusTOM[[1]])
  overlap[[name]] <- data.frame(set = name, i = genes$gene[pairs[, 1]], j = genes$gene[pairs[, 2]],
                                overlap = tom[pairs])
  # Without the moving of single genes.
  found <- do.call(blockwiseConsensusModules, c(common, list(saveConsensusTOMs = FALSE,
    saveIndividualTOMs = FALSE, numericLabels = TRUE, deepSplit = 2, minModuleSize = 20,
    pamRespectsDendro = FALSE, mergeCutHeight = 0.75, detectCutHeight = NULL, minCoreKME = 0.5,
    minKMEtoStay = 0.4, reassignThresholdPS = 0)))
  genes[[paste0(name, ".raw")]] <- found$unmergedColors
  genes[[paste0(name, ".merged")]] <- found$colors
  for (set in names) {
    eigen <- found$multiMEs[[set]]$data
    eigen <- eigen[, names(eigen) != "ME0", drop = FALSE]
    profiles[[paste(name, set)]] <- data.frame(set = name, cohort = set,
      sample = rep(rownames(data[[set]]$data), ncol(eigen)),
      module = rep(sub("ME", "", colnames(eigen)), each = nrow(eigen)),
      value = unlist(eigen, use.names = FALSE))
  }
}
write(genes, "genes")
write(do.call(rbind, overlap), "overlap")
write(do.call(rbind, profiles), "eigengenes")
