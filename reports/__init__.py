"""What came out of a run: outcomes, results.json, report.html, junit.xml, and the pytest plugin that collects them."""
