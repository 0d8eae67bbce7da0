"""The MCP server of State Hub: a client of its HTTP API, for agents that speak the Model Context Protocol."""
