"""What the black-box tests stand on: a PostgreSQL cluster, the server under test, and clients for both."""
