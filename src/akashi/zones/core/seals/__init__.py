"""core/seals: the seal register (印鑑登録) of the city. See README.md."""
