# Make the golden values of the connectivity scores: the definitions of RCSM and signatureSearch,
# each on whole profiles, written anew as plain R. Neither package was run or is needed: what agrees
# with these values agrees with the definitions as we read them. Run: Rscript make.R
#
# tied_*.tsv: the same for values with many ties and zeros. tie_order.txt is the order of the genes by
# which crosshub ranks equal values (BLAKE2b of the symbol, 8 bytes); R's sorts are stable, so that
# genes in this order get the same ranks wherever a definition does not average ties.
#
# RCSM: Lin et al. 2020, Briefings in Bioinformatics 21:2194 (github Jasonlinchina/RCSM, R/KS.R,
# R/XSum.R, R/XCos.R, R/zhangScore.R, R/GSEAweight1.R).
# signatureSearch: Duan et al. 2020, Nucleic Acids Research 48:e124 (github girke-lab/
# signatureSearch, R/gess_lincs.R: .enrichScore, lincsEnrich, .lincsScores; R/gess_cmap.R: .ks, .s;
# R/gess_cor.R: cor_sig_search, which may be restricted to a set of genes).

set.seed(20262)
# Multiples of 1/64, exact in float16, all different in size within a signature.
genes <- sprintf("G%03d", 0:399)
profiles <- sapply(1:10, function(i) sample(900, 400) / 64 * sample(c(-1, 1), 400, replace = TRUE))
# The second signature resembles the first, the third opposes it.
for (i in 2:3) {
  place <- rank(c(1, -1)[i - 1] * profiles[, 1] + rnorm(400, sd = 5))
  profiles[, i] <- sort(profiles[, i])[place]
}
dimnames(profiles) <- list(genes, sprintf("s%d", 0:9))
top <- 20 # 5 % of 400 genes; 500 in RCSM, whose reference has 10,000 and more

# Queries: of any genes, of the ends of a signature, of unequal sides, small, with one extreme gene.
ranked <- rownames(profiles)[order(profiles[, 1], decreasing = TRUE)]
middle <- rownames(profiles)[order(abs(profiles[, 1]))]
members <- list(
  random = list(up = sample(genes, 30), down = NULL),
  mimic = list(up = ranked[c(1:15, 101:110)], down = ranked[c(376:400, 201:210)]),
  reverse = list(up = ranked[381:400], down = ranked[c(1:10, 51:60)]),
  small = list(up = sample(genes, 3), down = NULL),
  middle = list(up = middle[1:5], down = middle[6:12])
)
members$random$down <- sample(setdiff(genes, members$random$up), 25)
members$small$down <- sample(setdiff(genes, members$small$up), 4)

# The running sum at every gene (signatureSearch .enrichScore; RCSM weight1EnrichmentScore).
enrichment <- function(z, set) {
  z <- sort(z, decreasing = TRUE)
  hit <- names(z) %in% set
  # No weight, no enrichment: neither package says what its 0 / 0 should be.
  if (sum(abs(z[hit])) == 0) return(0)
  running <- cumsum(hit * abs(z) / sum(abs(z[hit])) - (1 - hit) / sum(1 - hit))
  running[which.max(abs(running))]
}
wtcs <- function(z, up, down) {
  above <- enrichment(z, up)
  below <- enrichment(z, down)
  if (sign(above) != sign(below)) (above - below) / 2 else 0
}
# signatureSearch .ks and .s
ks_one <- function(z, set) {
  v <- sort(rank(-z)[set])
  t <- length(v)
  a <- max(seq_len(t) / t - v / length(z))
  b <- max(v / length(z) - (seq_len(t) - 1) / t)
  if (a > b) a else -b
}
ks <- function(z, up, down) {
  above <- ks_one(z, up)
  below <- ks_one(z, down)
  if (sign(above) == sign(below)) 0 else above - below
}
# RCSM: the reference keeps its highest and its lowest genes.
extremes <- function(z) {
  z <- sort(z, decreasing = TRUE)
  c(head(z, top), tail(z, top))
}
xsum <- function(z, up, down) {
  kept <- extremes(z)
  sum(kept[intersect(names(kept), up)]) - sum(kept[intersect(names(kept), down)])
}
cosine <- function(x, y) {
  size <- sqrt(sum(x^2) * sum(y^2))
  if (size == 0) 0 else sum(x * y) / size
}
xcos <- function(z, effects) {
  kept <- extremes(z)
  both <- intersect(names(kept), names(effects))
  # RCSM has NA here and counts it as 0 in its null.
  if (length(both) == 0) 0 else cosine(kept[both], effects[both])
}
zhang <- function(z, up, down) {
  signed <- rank(abs(z)) * sign(z)
  largest <- sum(sort(abs(signed), decreasing = TRUE)[seq_len(length(up) + length(down))])
  if (largest == 0) 0 else (sum(signed[up]) - sum(signed[down])) / largest
}
# The weights that an expression weighted cosine is given.
weights <- setNames(round(runif(length(genes)), 6), genes)
weighted <- function(z, effects, w) {
  w <- sqrt(w[names(effects)])
  cosine(w * effects, w * z[names(effects)])
}

# signatureSearch .lincsScores: NCS within cell and type, tau over the NCS of reference queries.
cells <- rep(c("A", "B", "C"), c(4, 5, 1))
normalised <- function(w) {
  group <- paste(cells, w > 0)
  means <- tapply(ifelse(w == 0, NA, w), group, mean, na.rm = TRUE)
  ifelse(w == 0, 0, w / abs(means[group]))
}
tau <- function(ncs, reference) {
  sign(ncs) * 100 / ncol(reference) * rowSums(abs(reference) < abs(ncs))
}
of_query <- function(up, down) apply(profiles, 2, wtcs, up = up, down = down)

scores_of <- function(name, up, down, effects, reference) {
  w <- of_query(up, down)
  ncs <- normalised(w)
  data.frame(
    query = name, signature = colnames(profiles), cell = cells, wtcs = w, ncs = ncs,
    tau = tau(ncs, reference),
    ks = apply(profiles, 2, ks, up = up, down = down),
    zhang = apply(profiles, 2, zhang, up = up, down = down),
    xsum = apply(profiles, 2, xsum, up = up, down = down),
    xcos = apply(profiles, 2, xcos, effects = effects),
    cosine = apply(profiles[names(effects), ], 2, cosine, y = effects),
    spearman = suppressWarnings(
      as.numeric(cor(effects, profiles[names(effects), ], method = "spearman"))
    ),
    sum = colSums(profiles[up, , drop = FALSE]) - colSums(profiles[down, , drop = FALSE]),
    ewcos = apply(profiles, 2, weighted, effects = effects, w = weights)
  )
}
table_of <- function(name, effects) {
  data.frame(
    query = name, gene = names(effects), direction = ifelse(effects > 0, "up", "down"),
    effect = effects, weight = weights[names(effects)]
  )
}
write <- function(frame, path) {
  write.table(format(frame, digits = 12, trim = TRUE), path,
              sep = "\t", quote = FALSE, row.names = FALSE)
}
write_profiles <- function(path) {
  write.table(data.frame(gene = rownames(profiles), profiles), path,
              sep = "\t", quote = FALSE, row.names = FALSE)
}

query_rows <- list()
score_rows <- list()
reference <- sapply(1:7, function(i) {
  z <- sort(profiles[, i], decreasing = TRUE)
  normalised(of_query(names(head(z, 12)), names(tail(z, 9))))
})
for (name in names(members)) {
  up <- members[[name]]$up
  down <- members[[name]]$down
  # Effects with ties.
  effects <- setNames(
    round(c(runif(length(up), 0.1, 3), -runif(length(down), 0.1, 3)), 1), c(up, down)
  )
  query_rows[[name]] <- table_of(name, effects)
  score_rows[[name]] <- scores_of(name, up, down, effects, reference)
}
write_profiles("profiles.tsv")
write(do.call(rbind, query_rows), "queries.tsv")
write(do.call(rbind, score_rows), "scores.tsv")

# Ties: the same signatures in steps of 2, four of them with nothing but zeros at more and more genes,
# the last with no other value.
tied <- round(profiles / 2)
for (i in 7:10) tied[sample(400, c(100, 200, 350, 400)[i - 6]), i] <- 0
profiles <- tied[scan("tie_order.txt", character(), quiet = TRUE), ]
zeros <- names(which(profiles[, 9] == 0))
members <- list(
  random = members$random, mimic = members$mimic, small = members$small,
  zeros = list(up = zeros[1:20], down = sample(setdiff(genes, zeros), 10))
)
query_rows <- list()
score_rows <- list()
for (name in names(members)) {
  up <- members[[name]]$up
  down <- members[[name]]$down
  effects <- setNames(rep(c(1.5, -0.5), c(length(up), length(down))), c(up, down))
  query_rows[[name]] <- table_of(name, effects)
  # Without tau, which is the same arithmetic whether there are ties or not.
  found <- scores_of(name, up, down, effects, matrix(0, 10, 1))
  score_rows[[name]] <- found[names(found) != "tau"]
}
write_profiles("tied_profiles.tsv")
write(do.call(rbind, query_rows), "tied_queries.tsv")
write(do.call(rbind, score_rows), "tied_scores.tsv")
