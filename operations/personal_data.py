"""What the operation of the site keeps of people: nothing in the database."""
