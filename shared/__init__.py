"""What the phases taught by hand, hardened: the pieces that every later phase stands on."""
