# A page with Bootstrap's and jQuery's ways: rules for toasts, alerts, headings, buttons and lists.
