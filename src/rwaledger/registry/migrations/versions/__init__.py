"""The steps, named `vNNNN_what_it_does`."""
