"""One room per action; rooms do not know each other."""
