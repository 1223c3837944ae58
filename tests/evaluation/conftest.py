"""Property tests draw the same examples on every run and have no deadline: a busy machine is not a failure."""

from hypothesis import settings

settings.register_profile("inkseek", deadline=None, derandomize=True)
settings.load_profile("inkseek")
