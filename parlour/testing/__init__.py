"""The test kit: pages without a browser, and hints that get lost."""

from parlour.testing.document import Document as Document
from parlour.testing.page import Page as Page
from parlour.testing.page import lost_hints as lost_hints
from parlour.testing.page import session_for as session_for
