# GEOquery's side of reading.py: Rscript reading.R matrix runs; prints the seconds of each run.
suppressMessages(library(GEOquery))
args <- commandArgs(TRUE)
for (run in seq_len(as.integer(args[2]))) {
  seconds <- system.time(suppressMessages(
    values <- exprs(getGEO(filename = args[1], getGPL = FALSE))
  ))[["elapsed"]]
  cat("run", seconds, seconds, dim(values), "\n")
}
