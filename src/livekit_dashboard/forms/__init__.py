"""The form classes: validate entries before anything is sent to LiveKit. Each form keeps the entries and says at the field what is wrong."""
