"""Draw it, find it: search photos with a free-hand sketch, also of things never seen in training.

The public names stand in the folders that make them, for example `inkseek.retrieval.encoder.load_encoder`,
`inkseek.retrieval.gallery.Gallery`, `inkseek.retrieval.search.Searcher`; nothing is imported here.
"""
