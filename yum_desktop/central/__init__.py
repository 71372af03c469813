"""The central server: accounts, devices, checks at push, HTTP, and data to begin with."""
