"""
The stake path: one statement locks, one reads every fact, one writes every row.

`facts` is what is read, `table` decides (pure), `rows` is what is written. The SQL of both statements is put
together from fragments that each app below exports in its own `stake.py`.
"""
