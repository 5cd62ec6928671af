"""What the whole-product tests share: programs under test, a client, a next hop, a bad network."""
