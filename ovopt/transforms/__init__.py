"""Steps from a sample's raw content to the model's input, on the host."""
