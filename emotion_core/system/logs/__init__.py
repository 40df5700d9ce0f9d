"""What a server writes into its log: lines of JSON, without anything of anybody."""
