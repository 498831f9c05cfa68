"""What every story stands on. Nothing here imports the product: it is watched from outside."""
