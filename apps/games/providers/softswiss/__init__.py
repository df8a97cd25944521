"""The SOFTSWISS aggregator: `wire` translates and signs, `views` is what it calls."""
