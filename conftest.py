"""Which fixture modules are pytest plug-ins; the options are theirs. Nothing else."""

pytest_plugins = ["fixtures.plugin"]
