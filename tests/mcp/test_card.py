"""The reference card is what the server is."""

import pytest

from mcp_server.card import CARD, text

pytestmark = pytest.mark.anyio


async def test_the_card_is_as_the_server_would_write_it() -> None:
    assert CARD.read_text(encoding="utf-8") == await text(), "run: python -m mcp_server.card"
