"""What every answer says to a browser, whichever page it belongs to."""

# A page shows nothing of ours and is shown nowhere; what is no script does not become one; nothing is told on.
# X-Frame-Options would say again what frame-ancestors says.
PLAIN = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
