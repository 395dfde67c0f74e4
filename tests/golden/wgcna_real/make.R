# Makes the tables of this folder: what WGCNA and dynamicTreeCut say of two real cohorts, GSE55457
# (reference) and GSE55235 (test), as submitted, in log2 from 1 upwards; no expression value is
# kept.
# Run in this folder: Rscript make.R MIRROR, where MIRROR is a folder in the layout of GEO's file
# server (WGCNA 1.72.1, dynamicTreeCut 1.63.1). "make.R MIRROR network" and "make.R MIRROR
# preservation" make a part.
suppressPackageStartupMessages({ library(WGCNA); library(dynamicTreeCut) })
args <- commandArgs(TRUE)
parts <- if (length(args) > 1) args[2] else c("network", "preservation")
disableWGCNAThreads()

table_of <- function(path, from, to) {
  lines <- readLines(gzfile(path))
  at <- c(which(lines == from) + 1, which(lines == to) - 1)
  read.delim(text = lines[at[1]:at[2]], row.names = 1, check.names = FALSE, quote = "\"",
             comment.char = "")
}
series <- function(name) {
  file <- file.path(args[1], "series", sub("...$", "nnn", name), name, "matrix",
                    paste0(name, "_series_matrix.txt.gz"))
  values <- as.matrix(table_of(file, "!series_matrix_table_begin", "!series_matrix_table_end"))
  log2(pmax(values, 1))
}
write <- function(x, name, digits = 9) {
  numeric <- vapply(x, is.double, TRUE)
  x[numeric] <- lapply(x[numeric], signif, digits)
  write.table(x, paste0(name, ".tsv"), sep = "\t", quote = FALSE, row.names = FALSE)
}

reference <- series("GSE55457")
annotation <- table_of(file.path(args[1], "platforms/GPLnnn/GPL96/annot/GPL96.annot.gz"),
                       "!platform_table_begin", "!platform_table_end")
symbol <- as.character(annotation[rownames(reference), "Gene symbol"])
probes <- rownames(reference)[!is.na(symbol) & symbol != "" & !grepl("///", symbol)]
# One probe set a gene, the strongest; then the 4,000 genes that vary most.
probes <- probes[order(-rowMeans(reference[probes, ]), probes)]
probes <- probes[!duplicated(annotation[probes, "Gene symbol"])]
probes <- probes[order(-apply(reference[probes, ], 1, var), probes)][1:4000]
probes <- sort(probes, method = "radix")
reference <- t(reference[probes, ])
test <- t(series("GSE55235")[probes, ])

types <- c("signed hybrid", "signed", "unsigned")
short <- function(type) sub(" ", "_", type)
powers <- c(1:10, seq(12, 20, 2))
advised <- c("signed hybrid" = 7, signed = 14, unsigned = 7)   # the FAQ's table at 33 samples
set.seed(1)
pairs <- cbind(sample(4000, 2000, TRUE), sample(4000, 2000, TRUE))

if ("network" %in% parts) {
  fit <- list(); genes <- data.frame(probe = probes); tom_table <- data.frame(pairs)
  names(tom_table) <- c("i", "j"); profiles <- list()
  for (method in c("bicor", "pearson")) for (type in types) {
    name <- paste(method, short(type), sep = ".")
    fnc <- if (method == "bicor") bicor else stats::cor
    table <- pickSoftThreshold(reference, powerVector = powers, networkType = type, corFnc = fnc,
                               corOptions = list(), RsquaredCut = 0.85, verbose = 0)
    power <- if (is.na(table$powerEstimate)) advised[[type]] else table$powerEstimate
    fit[[name]] <- cbind(method, network = short(type), chosen = power, table$fitIndices)
    weights <- adjacency(reference, type = type, power = power, corFnc = fnc, corOptions = list())
    tom <- TOMsimilarity(weights, TOMType = "unsigned", verbose = 0)
    tom_table[[name]] <- tom[pairs]
    if (type == "unsigned") {   # the only kind of network that can have negative weights
      signed <- weights * sign(fnc(reference))
      tom_table[[paste0(name, ".signed")]] <-
        TOMsimilarity(signed, TOMType = "signed", verbose = 0)[pairs]
      rm(signed)
    }
    tree <- hclust(as.dist(1 - tom), "average")
    genes[[paste0(name, ".tree")]] <- cutreeDynamicTree(tree, minModuleSize = 30)
    raw <- cutreeDynamic(tree, distM = 1 - tom, deepSplit = 2, pamRespectsDendro = FALSE,
                         minClusterSize = 30, verbose = 0)
    merged <- mergeCloseModules(reference, raw, cutHeight = 0.25, verbose = 0)$colors
    genes[[paste0(name, ".raw")]] <- raw
    genes[[paste0(name, ".merged")]] <- merged
    rm(tom); gc()
    eigen <- moduleEigengenes(reference, merged, excludeGrey = TRUE)$eigengenes
    profiles[[name]] <- data.frame(method, network = short(type),
      module = sub("ME", "", names(eigen)), t(eigen), check.names = FALSE)
    if (type == "signed hybrid") {
      inside <- intramodularConnectivity(weights, merged)
      kme <- signedKME(reference, eigen, corFnc = if (method == "bicor") "bicor" else "cor",
                       corOptions = "use = 'p'")
      own <- match(paste0("kME", merged), names(kme))
      genes[[paste0(name, ".kme")]] <- as.matrix(kme)[cbind(seq_along(merged), own)]
      genes[[paste0(name, ".k_within")]] <- inside$kWithin
      genes[[paste0(name, ".k_total")]] <- inside$kTotal
    }
    message(name, ": power ", power, ", modules ", ncol(eigen))
  }
  write(do.call(rbind, fit), "soft_threshold")
  write(genes, "genes")
  write(tom_table, "overlap")
  write(do.call(rbind, profiles), "eigengenes")
}

if ("preservation" %in% parts) {
  genes <- read.delim("genes.tsv"); fit <- read.delim("soft_threshold.tsv")
  kept <- list()
  for (method in c("bicor", "pearson")) for (type in types[if (method == "bicor") 1 else 1:3]) {
    name <- paste(method, short(type), sep = ".")
    r <- if (method == "bicor") "bicor" else "cor"
    power <- fit$chosen[fit$method == method & fit$network == short(type)][1]
    # The powers are those of modulePreservation: 6, and 12 where signed. The genes that stand for
    # a large module, and those for all genes, would be random: here all of the first count, and
    # but three of the second, which enter cor_kme_all.
    result <- modulePreservation(list(reference = list(data = reference), test = list(data = test)),
      list(reference = genes[[paste0(name, ".merged")]]), networkType = type, corFnc = r,
      corOptions = "use = 'p'", nPermutations = 200, maxModuleSize = 4000, maxGoldModuleSize = 3,
      randomSeed = 1, savePermutedStatistics = FALSE, verbose = 0)
    observed <- result$preservation$observed[[1]][[2]]
    z <- result$preservation$Z[[1]][[2]]
    proper <- !rownames(observed) %in% c("0", "0.1")
    observed <- observed[proper, ]; z <- z[proper, ]
    named <- c(mean_correlation = "meanSignAwareCorDat.pres", mean_adjacency = "meanAdj.pres",
      proportion_variance_explained = "propVarExplained.pres", mean_kme = "meanSignAwareKME.pres",
      mean_mar = "meanMAR.pres", cor_kim = paste0(r, ".kIM"), cor_kme = paste0(r, ".kME"),
      cor_cor = paste0(r, ".", r), cor_kme_all = paste0(r, ".kMEall"), cor_mar = paste0(r, ".MAR"))
    density <- sapply(-observed[named[1:4]], rank)
    connectivity <- sapply(-observed[named[6:8]], rank)
    separability <- result$testSeparability$observed[[1]][[2]]
    kept[[name]] <- data.frame(method, network = short(type), label = rownames(observed),
      size = observed$moduleSize, setNames(observed[named], names(named)),
      separability = separability[proper, "separability.pres"],
      setNames(z[paste0("Z.", named)], paste0("z_", names(named))), z_density = z$Zdensity.pres,
      z_connectivity = z$Zconnectivity.pres, z_summary = z$Zsummary.pres,
      # As modulePreservation does it, without its two extra "modules" of all and of no module.
      median_rank = apply(cbind(density, connectivity), 1, median),
      median_rank_density = apply(density, 1, median),
      median_rank_connectivity = apply(connectivity, 1, median))
    message(name)
  }
  write(do.call(rbind, kept), "preservation", 8)
}
