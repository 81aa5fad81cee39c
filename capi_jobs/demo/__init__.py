"""A demo shop: a warehouse with the dirt of real ones, and the truth beside it."""
