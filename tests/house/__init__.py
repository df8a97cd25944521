"""The house's own rules, as tests: what docs/architecture.md says and no other tool looks at."""
