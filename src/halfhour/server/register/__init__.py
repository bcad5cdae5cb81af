"""The register that remembers: typed facts with two times each, when one holds and when it was recorded."""
