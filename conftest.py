"""Which fixture modules are pytest plug-ins; the options are theirs. Nothing else."""

import sys

try:
    # By far the longest part of starting, done here so that Ctrl-C in it ends as it does later.
    import fixtures.session  # noqa: F401
except KeyboardInterrupt:
    print("Interrupted before anything was measured.", file=sys.stderr)
    raise SystemExit(2) from None

pytest_plugins = ["fixtures.plugin"]
