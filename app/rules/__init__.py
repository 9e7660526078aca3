"""How each ballot rule is presented."""
