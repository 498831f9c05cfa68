"""What every story stands on. Nothing here imports the product: it is started, watched and read from outside."""
