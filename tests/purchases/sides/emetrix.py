from tests.purchases.sides.regsoft import side_of

SIDE = side_of("emetrix")
