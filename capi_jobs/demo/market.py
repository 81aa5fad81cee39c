"""Where the demo shop sells: locale, currency, clock and share of orders per country.

Data only. People are in customers.py, prices in basket.py.
"""

from dataclasses import dataclass
from datetime import timedelta, timezone


@dataclass(frozen=True, slots=True)
class Market:
    """One country of the shop."""

    country: str  # ISO alpha-2
    locale: str  # Faker's name of it
    currency: str  # ISO 4217
    digits: int  # decimals of that currency: none for yen, three for dinars
    rate: float  # units for one euro, roughly: prices only have to look right
    offset_minutes: int  # its winter time; fixed, so that counts never hang on `now`
    weight: int  # share of the orders

    @property
    def zone(self) -> timezone:
        """The clock of its tills."""
        return timezone(timedelta(minutes=self.offset_minutes))


MARKETS = (
    Market("US", "en_US", "USD", 2, 1.08, -300, 16),
    Market("DE", "de_DE", "EUR", 2, 1.0, 60, 12),
    Market("GB", "en_GB", "GBP", 2, 0.85, 0, 10),
    Market("FR", "fr_FR", "EUR", 2, 1.0, 60, 8),
    Market("ES", "es_ES", "EUR", 2, 1.0, 60, 5),
    Market("IT", "it_IT", "EUR", 2, 1.0, 60, 5),
    Market("NL", "nl_NL", "EUR", 2, 1.0, 60, 4),
    Market("PL", "pl_PL", "PLN", 2, 4.3, 60, 4),
    Market("SE", "sv_SE", "SEK", 2, 11.4, 60, 3),
    Market("CZ", "cs_CZ", "CZK", 2, 25.0, 60, 2),
    Market("GR", "el_GR", "EUR", 2, 1.0, 120, 3),
    Market("UA", "uk_UA", "UAH", 2, 45.0, 120, 2),
    Market("TR", "tr_TR", "TRY", 2, 40.0, 180, 3),
    Market("BR", "pt_BR", "BRL", 2, 5.9, -180, 4),
    Market("JP", "ja_JP", "JPY", 0, 160.0, 540, 5),
    Market("KR", "ko_KR", "KRW", 0, 1480.0, 540, 2),
    Market("TW", "zh_TW", "TWD", 2, 34.0, 480, 2),
    Market("CN", "zh_CN", "CNY", 2, 7.7, 480, 2),
    Market("IN", "hi_IN", "INR", 2, 90.0, 330, 2),
    Market("TH", "th_TH", "THB", 2, 37.0, 420, 1),
    Market("IL", "he_IL", "ILS", 2, 4.0, 120, 1),
    Market("KW", "ar_AA", "KWD", 3, 0.33, 180, 1),
    Market("BH", "ar_AA", "BHD", 3, 0.41, 180, 1),
    Market("TN", "ar_AA", "TND", 3, 3.4, 60, 1),
    Market("SA", "ar_AA", "SAR", 2, 4.05, 180, 1),
)
