"""koseki/register: the family register (戸籍) and its supplement (附票), read record by record."""
