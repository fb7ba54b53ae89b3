"""IN WHOSE WORDS DOES THE CLIENT ASK? Every API but chat completions, translated to it and back."""
