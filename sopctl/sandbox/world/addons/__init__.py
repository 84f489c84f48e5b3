"""What clusters on spot have besides: controllers of their own."""
