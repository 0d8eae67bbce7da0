"""The MCP server, asked by real clients over every transport."""
