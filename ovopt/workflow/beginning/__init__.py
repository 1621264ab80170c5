"""The beginning of every use case: arguments checked, models opened, recipe, data and seed chosen."""
