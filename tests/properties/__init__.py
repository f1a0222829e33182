"""Properties of the product as a whole: random sequences of what people do, over the API."""
