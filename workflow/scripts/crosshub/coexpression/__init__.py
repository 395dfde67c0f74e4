"""Co-expression: networks, modules, what they are tied to, and where they are found again.

`network` and `scale_free` make the network, `treecut` and `dynamic_tree` cut its tree, `blocks`
divides genes that are too many, `modules` puts these together; `eigengenes` and `traits` say what
a module is and what it is tied to, `preservation` and `consensus` compare cohorts or diseases.
"""
