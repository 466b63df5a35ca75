"""The LGWAN service facility (LGWANサービス提供設備)."""
