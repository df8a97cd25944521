"""
Everything that runs the product on one machine: virtual environment, embedded Postgres and Valkey, processes.

It owns `.venv/` and `.local/` of the checkout and knows the product only by its commands and its environment
variables. It imports nothing from `pam`, `apps` or `sandbox`, and none of them imports it.
"""
