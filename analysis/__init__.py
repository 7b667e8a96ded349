"""Pure functions over stored records: no store, no pytest, no clock."""
