"""Pure decisions: a policy and a moment in, an answer or a refusal out. No clock, no file, no network."""
