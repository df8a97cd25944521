"""
`make bench`: how many stakes a second this machine takes, and how near that is to what its database could do.

The product's own server is started on a database made for the run and dropped after it, and is sent signed
stakes, wins and undos over HTTP. Beside every figure stands the ceiling of the same moment: one function in
the database that changes the same rows. It talks to the product by its commands, its wire and its database.
"""
