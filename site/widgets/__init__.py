"""Widgets: a room, a desk or a bell of this site, framed by somebody else's."""
