"""Certificates: hops, kiosk devices, the card's user authentication, CRL and OCSP. Trusts no bytes; time is passed in."""
