"""What a product's wizard sends: taken in piece by piece, kept sealed, opened by whoever works on the case (promise G7)."""
