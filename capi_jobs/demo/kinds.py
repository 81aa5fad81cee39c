"""The words for everything counted in the demo shop: what it is, what becomes of it.

The doing is in dirt.py, phones.py and logs.py; the page is made by describe.py.
"""

SENT = "sent"
SENT_WITHOUT = "sent without that identifier"
EXCLUDED = "excluded"
HELD = "held"

# kind: (what it looks like, what should become of it)
KINDS = {
    # Not a sale, or not to be told.
    "cancelled": ("status `cancelled`", EXCLUDED),
    "refunded": ("status `refunded`", EXCLUDED),
    "payment_pending": ("status `pending`", EXCLUDED),
    "test_order": ("`is_test` is true", EXCLUDED),
    "consent_refused": ("`consent` is false", EXCLUDED),
    "consent_unknown": ("`consent` is NULL", EXCLUDED),
    # Rows that cannot be sent. No log of a platform that holds them has them.
    "unknown_currency": ("`EURO`, `XYZ` or `€`", HELD),
    "negative_value": ("a value below zero", HELD),
    "text_value": ("the value `free`", HELD),
    "nan_value": ("the value `NaN`", HELD),
    "items_not_json": ("items in prose", HELD),
    "items_far_off": ("a value a hundred times its items", HELD),
    "future_time": ("completed 2 to 20 hours from now", HELD),
    "long_order_id": ("an order id of thousands of characters", HELD),
    "no_match_key": ("a web order with nothing but user agent and country", HELD),
    "no_user_agent": ("a web order without user agent", "held by Meta, else sent"),
    "differing_duplicate": ("the order stands there twice, with two values", HELD),
    "shared_event_id": ("another order has the same event id", HELD),
    # Fine but for an oddity.
    "equal_duplicate": ("the same row stands there twice", "sent once"),
    "naive_time": ("a time without offset, of Berlin", SENT),
    "late_row": ("reached the warehouse 1 to 3 days later", SENT),
    "zero_value": ("a value of zero, no items: all on a voucher", SENT),
    "emoji_order_id": ("an emoji in the order id", SENT),
    "limited_data_use": ("`limited_data_use` is true", "sent with that flag"),
    "no_country": ("no country, so that a national phone has none", SENT_WITHOUT),
    "private_ip": ("the shop's own 10.x address", SENT_WITHOUT),
    "email_blank": ("an empty e-mail", SENT_WITHOUT),
    "email_placeholder": ("the e-mail `n/a`", SENT_WITHOUT),
    "email_broken": ("`jane@`, blanks inside, two `@`", SENT_WITHOUT),
    "email_untidy": ("blanks around, capitals", SENT),
    "email_hashed": ("SHA-256 in lower case", "sent as it is"),
    "email_hashed_upper": ("SHA-256 in upper case", "sent in lower case"),
    "phone_hashed": ("SHA-256 in lower case", "sent as it is"),
    "phone_hashed_upper": ("SHA-256 in upper case", "sent in lower case"),
    # Ways to write a phone; every one is a valid number of the order's country.
    "phone_national": ("`01512 3456789`", SENT),
    "phone_00": ("`0049 1512 3456789`", SENT),
    "phone_brackets": ("`(01512) 3456789`", SENT),
    "phone_dots": ("`01512.3456789`", SENT),
    "phone_extension": ("`+49 1512 3456789 ext. 12`", SENT),
    "phone_trunk_zero": ("`+49 (0)1512 3456789`", SENT),
    # What the markets bring along.
    "accented_name": ("Latin letters beyond ASCII", SENT),
    "non_latin_name": ("nine other scripts, Greek to Hangul", SENT),
    "currency_without_decimals": ("yen and won", SENT),
    "dinars": ("three decimals: KWD, BHD, TND", SENT),
    "younger_than_48_hours": ("inside every dedup window", SENT),
    "older_than_7_days": ("too old for Meta and Snapchat web events", "expired"),
}

# Counted for each platform, under the name with the platform's behind it.
LOG_KINDS = {
    "browser": "web orders in the browser log",
    "server": "orders in the other sender's log",
    "unseen": "web orders in neither (but for those held)",
    "owed": "… of these: a sale, consent given, and young enough",
    "log_other_id": "logged by the browser under an id the order does not know",
    "log_no_order_id": "logged by the browser with the event id alone",
    "log_twice": "logged by the browser twice",
    "log_unknown_order": "logged by the browser, in no warehouse",
    "log_checkout": "logged as `InitiateCheckout` only: no purchase",
}
