"""HTML pages that open from the disk without the network: what every report is made with."""
