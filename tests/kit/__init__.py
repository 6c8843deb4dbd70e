"""What the checks are made with: programs, peers, terminals, screens, certificates."""
