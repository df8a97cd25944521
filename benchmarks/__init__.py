"""What `make bench` measures: stakes per second beside the raw ceiling of the same machine."""
