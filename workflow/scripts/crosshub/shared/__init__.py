"""What the diseases of a comparison share.

`conjunction` tests a gene, `find` makes the list, `overlap` asks whether it is longer than chance
makes it, `rank_overlap` compares two diseases along all genes, `network` joins the genes that move
together, and `common_response` marks those that answer to nearly everything.
"""
