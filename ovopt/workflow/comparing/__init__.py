"""Original and optimized side by side: arms, scores, the comparison."""
