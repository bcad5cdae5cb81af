"""Files of the industry, in and out: stored whole, acknowledged, and matched to cases instance by instance."""
