"""What the main job costs: a made-up shop, a loopback platform, a table per stage.

`python -m benchmarks --help` lists what can be measured; nothing here is shipped.
"""
