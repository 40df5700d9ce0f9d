"""Who looks at the pages: what they may do, what they clicked, uploaded, set and left on."""
