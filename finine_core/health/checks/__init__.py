"""The checks of a home: one file each."""
