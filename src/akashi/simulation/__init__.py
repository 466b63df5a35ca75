"""
The route in one process: the servers' own classes on a simulated network, clock and disk, driven by a seed.

`scheduler` time and coroutines · `node` servers that crash and come back · `network` links that lose, delay, repeat ·
`hostile` relays that lie · `city` a made-up population · `deployment` its keys · `model` what must hold · `run` one run.
"""
