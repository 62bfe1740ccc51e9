"""Show what a run cut: from its audit to a page that a person can judge it by."""

from contentfilter.review.audit import AuditFormatError
from contentfilter.review.page import page
from contentfilter.review.summary import Summary

__all__ = ["AuditFormatError", "Summary", "page"]
