# lib/analysis
