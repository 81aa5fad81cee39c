"""Counts every conversion once: finds the orders platforms never saw, uploads them.

Start reading at model.py (the nouns) and jobs.py (the use cases).
"""
