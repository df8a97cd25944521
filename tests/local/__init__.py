"""Tests of what runs the product on one machine."""
