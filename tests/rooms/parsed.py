"""Markup as a browser's parser sees it: which elements, which attributes, which text."""

from html.parser import HTMLParser


class Seen(HTMLParser):
    """`elements` are (tag, names of attributes) in order; `text` is what would be read."""

    def __init__(self, markup):
        super().__init__(convert_charrefs=True)
        self.elements, self.links, self.words = [], [], []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, *sorted(name for name, _ in attributes)))
        self.links += [value for name, value in attributes if name in ("href", "src", "action")]
        if tag == "br":
            self.words.append(" ")

    def handle_endtag(self, tag):
        if tag in ("p", "li", "blockquote", "pre"):
            self.words.append(" ")

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join("".join(self.words).split())
