"""Talk to a node: deploy, sign and send, read logs and state. The only package that imports web3."""
