"""Every figure that the documentation claims, each measured beside a floor or a peer in one run."""
