"""Whether the books survive: real runs, hurt on purpose, beside a sandbox that counts.

`python -m chaos` hurts, `python -m chaos.mutants` breaks the code and asks the tests.
Nothing here is shipped, and nothing is shared with what is checked: runs are processes
of the command line, and the truth is what the sandbox counted.
"""
