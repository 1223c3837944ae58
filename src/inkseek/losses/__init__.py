"""Pure functions that two or more methods share as terms of their loss."""
