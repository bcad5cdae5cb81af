"""The engine: blocks of sites through the rules, added up to BM Units, in runs that can be made again and explained."""
