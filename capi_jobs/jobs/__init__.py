"""The use cases that the command line, DAGs and pages call; they wire the rooms."""
