"""One room per check: observe and judge, never change."""
