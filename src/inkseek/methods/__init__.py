"""One paper, one file: networks, retrieval encoder and objective of every method."""
