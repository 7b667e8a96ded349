"""Tests of the readers of resources."""
