"""Data sets on disk: layouts and manifests, class lists and splits, the two views of a data set, the pixel cache."""
