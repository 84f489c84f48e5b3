"""The only modules that draw: rich, plain lines, JSON, HTML, Markdown."""
