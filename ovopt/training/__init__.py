"""Fine-tuning of PyTorch models: teachers, masks, checkpoints."""
