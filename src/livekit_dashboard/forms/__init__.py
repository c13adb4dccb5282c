"""What people type, checked before anything is sent. Each form keeps the entries and says at the field what is wrong."""
