"""Data sets on disk: layouts and manifests, class lists and splits, the two views of a data set, and the pixel cache."""
