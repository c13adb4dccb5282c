"""The token server: an HTTP service that gives applications the tokens that their users join rooms with."""
