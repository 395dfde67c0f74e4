# Makes the tables of this folder: simulated expression and what WGCNA and dynamicTreeCut say of it.
# Run in this folder: Rscript make.R   (about six minutes; WGCNA 1.72.1, dynamicTreeCut 1.63.1)
suppressPackageStartupMessages({ library(WGCNA); library(dynamicTreeCut) })
disableWGCNAThreads()

write <- function(x, name, digits = 8) {
  numeric <- vapply(x, is.numeric, TRUE)
  x[numeric] <- lapply(x[numeric], signif, digits)
  write.table(x, paste0(name, ".tsv"), sep = "\t", quote = FALSE, row.names = FALSE)
}

# Genes = mean + loading * factor + noise; loadings fall within a module, as they do in tissue.
block <- function(factors, sizes, tightness, noise) {
  n <- nrow(factors)
  genes <- lapply(seq_along(sizes), function(m) {
    loading <- seq(tightness[m], tightness[m] * 0.5, length.out = sizes[m])
    sign <- ifelse(seq_len(sizes[m]) %% 9 == 0, -1, 1)
    outer(factors[, m], loading * sign) +
      matrix(rnorm(n * sizes[m]), n) * rep(sqrt(1 - loading^2), each = n)
  })
  cbind(do.call(cbind, genes), matrix(rnorm(n * noise), n))
}
finish <- function(values) {
  set.seed(1)
  scale <- runif(ncol(values), 0.5, 1.5)
  level <- runif(ncol(values), 4, 9)
  values <- round(sweep(sweep(values, 2, scale, "*"), 2, level, "+"), 2)
  dimnames(values) <- list(sprintf("s%02d", seq_len(nrow(values))),
                           sprintf("g%03d", seq_len(ncol(values))))
  values
}
write_expression <- function(values, name)
  write(data.frame(gene = colnames(values), t(values), check.names = FALSE), name)

set.seed(11)
sizes <- c(90, 70, 50, 40)
easy <- finish(block(matrix(rnorm(44 * 4), 44), sizes, c(0.95, 0.85, 0.8, 0.75), 120))
easy[1:2, 1:5] <- easy[1:2, 1:5] + 4   # outliers, so that bicor and Pearson differ
easy[, 370] <- round(easy[, 370])      # a gene of few values
easy[1:36, 369] <- 5                   # a gene whose MAD is zero: the Pearson fallback

set.seed(12)   # six modules in three correlated pairs, and genes that belong to two
base <- matrix(rnorm(36 * 3), 36)
factors <- scale(base[, c(1, 1, 2, 2, 3, 3)] * 0.65 + matrix(rnorm(36 * 6), 36) * 0.76)
hard <- block(factors, c(60, 45, 50, 40, 45, 35), rep(c(0.95, 0.85, 0.9), 2), 95)
hard[, seq(5, 60, 5)] <- hard[, seq(5, 60, 5)] + factors[, 3] * 0.6
hard <- finish(hard)

set.seed(13)   # the second cohort of "easy": modules 1 and 2 hold, 3 is faint, 4 is gone
test <- finish(block(matrix(rnorm(28 * 4), 28), sizes, c(0.9, 0.75, 0.5, 0.01), 120))

write_expression(easy, "easy")
write_expression(hard, "hard")
write_expression(test, "test")

correlate <- list(pearson = function(x) stats::cor(x), bicor = function(x) WGCNA::bicor(x))
power <- c(easy = 6, hard = 6)
cuts <- expand.grid(deep = c(1, 2, 4), size = 20, pam = c("none", "free", "dendro"),
                    stringsAsFactors = FALSE)
types <- c("signed hybrid", "signed", "unsigned")
labels <- list(); trees <- list(); fit <- list(); genes <- list(); eigengenes <- list(); probe <- list()
for (set in c("easy", "hard")) for (method in names(correlate)) {
  x <- get(set)
  r <- correlate[[method]](x)
  fit[[length(fit) + 1]] <- do.call(rbind, lapply(types, function(type) {
    table <- pickSoftThreshold(x, networkType = type, corOptions = list(),
                               corFnc = if (method == "bicor") bicor else cor)$fitIndices
    cbind(set = set, method = method, network = sub(" ", "_", type), table)
  }))
  adjacency <- pmax(r, 0)^power[set]
  tom <- TOMsimilarity(adjacency, TOMType = "unsigned", TOMDenom = "min", verbose = 0)
  tree <- hclust(as.dist(1 - tom), "average")
  for (i in seq_len(nrow(cuts))) {
    name <- with(cuts[i, ], paste(set, method, deep, size, pam, sep = "."))
    labels[[name]] <- cutreeDynamic(tree, distM = 1 - tom, deepSplit = cuts$deep[i],
      pamStage = cuts$pam[i] != "none", pamRespectsDendro = cuts$pam[i] == "dendro",
      minClusterSize = cuts$size[i], verbose = 0)
  }
  for (deep in c(FALSE, TRUE)) for (size in c(10, 20, 30)) for (top in c(1, 0.97))
    trees[[paste(set, method, deep, size, top, sep = ".")]] <-
      cutreeDynamicTree(tree, maxTreeHeight = top, deepSplit = deep, minModuleSize = size)
  raw <- cutreeDynamic(tree, distM = 1 - tom, deepSplit = 2, pamRespectsDendro = FALSE,
                       minClusterSize = 30, verbose = 0)
  merged <- mergeCloseModules(x, raw, cutHeight = 0.25, verbose = 0)$colors
  merged65 <- mergeCloseModules(x, raw, cutHeight = 0.65, verbose = 0)$colors
  eigen <- moduleEigengenes(x, merged, excludeGrey = TRUE)$eigengenes
  kme <- signedKME(x, eigen, corFnc = if (method == "bicor") "bicor" else "cor",
                   corOptions = "use = 'a'")
  own <- vapply(seq_along(merged), function(i)
    if (merged[i] == 0) NA_real_ else kme[i, paste0("kME", merged[i])], 0)
  inside <- intramodularConnectivity(adjacency, merged)$kWithin
  genes[[paste(set, method, sep = ".")]] <- data.frame(raw, merged, merged65, kme = own,
    connectivity = ifelse(merged == 0, NA, inside))
  padded <- matrix(NA, ncol(eigen), nrow(easy), dimnames = list(NULL, rownames(easy)))
  padded[, seq_len(nrow(x))] <- t(eigen)
  eigengenes[[length(eigengenes) + 1]] <-
    data.frame(set, method, module = sub("ME", "", names(eigen)), padded)
  at <- cbind(c(1, 2, 3, 369, 1, 150, 200), c(2, 90, 150, 370, 369, 151, 369))
  probe[[length(probe) + 1]] <- data.frame(set, method, i = colnames(x)[at[, 1]],
    j = colnames(x)[at[, 2]], correlation = r[at], overlap = tom[at], total_overlap = sum(tom))
}
write(do.call(rbind, fit), "soft_threshold")
write(data.frame(gene = colnames(easy), trees, check.names = FALSE), "trees")
write(data.frame(gene = colnames(easy), labels, check.names = FALSE), "cuts")
write(data.frame(gene = colnames(easy), genes, check.names = FALSE), "genes", 7)
write(do.call(rbind, eigengenes), "eigengenes", 7)
write(do.call(rbind, probe), "network")

preserved <- list()
for (method in names(correlate)) {
  result <- modulePreservation(list(reference = list(data = easy), test = list(data = test)),
    list(reference = genes[[paste0("easy.", method)]]$merged), networkType = "signed hybrid",
    corFnc = if (method == "bicor") "bicor" else "cor",
    corOptions = if (method == "bicor") "use = 'a'" else "use = 'p'",
    nPermutations = 200, savePermutedStatistics = FALSE, verbose = 0)$preservation
  observed <- result$observed[[1]][[2]]
  z <- result$Z[[1]][[2]]
  cor_name <- if (method == "bicor") "bicor" else "cor"
  preserved[[method]] <- data.frame(method, label = rownames(observed), size = observed$moduleSize,
    mean_correlation = observed$meanSignAwareCorDat.pres, mean_adjacency = observed$meanAdj.pres,
    proportion_variance_explained = observed$propVarExplained.pres,
    mean_kme = observed$meanSignAwareKME.pres, cor_kim = observed[[paste0(cor_name, ".kIM")]],
    cor_kme = observed[[paste0(cor_name, ".kME")]],
    cor_cor = observed[[paste(cor_name, cor_name, sep = ".")]],
    z_density = z$Zdensity.pres, z_connectivity = z$Zconnectivity.pres,
    z_summary = z$Zsummary.pres)[!rownames(observed) %in% c("0", "0.1"), ]
}
write(do.call(rbind, preserved), "preservation")
