"""The token server: applications ask it for the tokens that their users join with."""
