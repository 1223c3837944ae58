"""One self-contained page about one or more measurements, and the comparison of two."""
