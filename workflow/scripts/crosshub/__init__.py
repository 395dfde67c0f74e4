"""From GEO accessions to an honestly tested gene panel and the compounds that reverse it."""

__version__ = "0.1.0"
