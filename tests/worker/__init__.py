"""Tests of fixtures.worker."""
