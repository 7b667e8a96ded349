"""Is the gate right? What it, and gates that people use today, say of launches whose truth is known.

`harvest` reads the launches that `fixtures.experiments.harvest` measured, `draws` makes campaigns of them, `ours`
judges as this suite does, `study` has everybody judge, `tally` counts, `report` and `plots` show it in docs/gate.md.
"""
