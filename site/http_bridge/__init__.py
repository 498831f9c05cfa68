"""The front of the house: plain HTTP, what comes in by it, what goes out, and the room on the disk for both."""
