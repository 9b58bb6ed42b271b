"""The wire's shared vocabulary: frozen structs whose attribute names are the wire's own. Imports nothing of ours."""
