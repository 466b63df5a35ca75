"""The city's LGWAN public segment (公開セグメント)."""
