"""The demonstration: a made-up city with all servers on one machine, made and kept up by `akashi up`."""
