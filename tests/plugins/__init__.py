"""Plug-ins that tests load with `-p`: third-party stores, as somebody else would write them."""
