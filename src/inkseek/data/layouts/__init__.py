"""Readers of the layouts in which data sets lie on disk; each gives a manifest and a report of what it skipped."""

from inkseek.data.layouts.folders import read_class_folders
from inkseek.data.layouts.probing import MANIFEST, DataSet, probe, read_folders, read_sketchy

__all__ = ["MANIFEST", "DataSet", "probe", "read_class_folders", "read_folders", "read_sketchy"]
