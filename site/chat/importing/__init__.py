"""Conversations from Slack and Campfire: a zip file of JSON becomes rooms, in a job that can be interrupted."""
