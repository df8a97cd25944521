"""The staff's site: who may enter it, how it looks, and whether the machine behind it is well."""
