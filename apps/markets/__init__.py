"""
Brands, licences, jurisdictions and the rule sets in force: policy as versioned data. Markets owns what the
law and the operator decided; it knows no player.
"""
