"""Checking certificates: lists from files, judging in a process with limits, words for people, and the page of a receiver."""
