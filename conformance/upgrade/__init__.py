"""The gate: may this upgrade proceed? What is set up before it, watched during it, and judged after it."""
