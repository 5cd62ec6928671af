"""The words of a dialogue script: statements of words and blocks (doc: test/dialogue/README.md).

A statement ends at the end of a line or at a semicolon. A word in double quotes may hold \\r \\n \\t
\\0 \\xHH \\" \\\\ (any other backslash stays, for patterns). A block, in braces, is kept as it is written: what it means is its owner's affair.
"""


class SyntaxFault(Exception):
    """The script itself is wrong."""


class Word(str):
    """A word, which knows its line and whether it stood in quotes."""

    line = 0
    quoted = False


class Block:
    """What stands between a pair of braces, as written."""

    def __init__(self, text, line):
        self.text = text
        self.line = line


ESCAPES = {"r": "\r", "n": "\n", "t": "\t", "0": "\0", '"': '"', "\\": "\\"}


class Reader:
    """Cuts a text into statements: lists of Word and Block."""

    def __init__(self, text, line=1):
        self.text = text
        self.at = 0
        self.line = line

    def fault(self, why):
        raise SyntaxFault(f"line {self.line}: {why}")

    def peek(self):
        return self.text[self.at] if self.at < len(self.text) else ""

    def take(self):
        c = self.text[self.at]
        self.at += 1
        if c == "\n":
            self.line += 1
        return c

    def quoted(self):
        self.take()
        out = []
        while True:
            if not self.peek():
                self.fault("a quote is not closed")
            c = self.take()
            if c == '"':
                return "".join(out)
            if c == "\\":
                c = self.take()
                if c == "x":
                    out.append(chr(int(self.take() + self.take(), 16)))
                else:           # others stay, as in "\\d+"
                    out.append(ESCAPES.get(c, "\\" + c))
            else:
                out.append(c)

    def block(self):
        line = self.line
        self.take()
        start, depth = self.at, 1
        while depth:
            if not self.peek():
                self.fault(f"the block of line {line} is not closed")
            c = self.peek()
            if c == '"':
                self.quoted()
                continue
            if c == "#" and self.text[self.at - 1] in " \t\n":
                while self.peek() not in ("\n", ""):
                    self.take()
                continue
            if c == "$" and self.text[self.at + 1:self.at + 2] == "{":      # a variable
                while self.peek() != "}":
                    self.take()
                self.take()
                continue
            self.take()
            depth += {"{": 1, "}": -1}.get(c, 0)
        return Block(self.text[start:self.at - 1], line)

    def word(self):
        line, quoted, out = self.line, False, []
        while self.peek() and self.peek() not in " \t\n;{}":
            if self.peek() == '"':
                out.append(self.quoted())
                quoted = True
            elif self.text[self.at:self.at + 2] == "${":
                while self.peek() != "}":
                    out.append(self.take())
                out.append(self.take())
            else:
                out.append(self.take())
        if self.peek() == "{" and out and out[-1].endswith("$"):
            self.fault("write ${name} as one word")
        word = Word("".join(out))
        word.line, word.quoted = line, quoted
        return word

    def statements(self):
        items = []
        while True:
            c = self.peek()
            if c in ("\n", ";", ""):
                if items:
                    yield items
                    items = []
                if not c:
                    return
                self.take()
            elif c in " \t":
                self.take()
            elif c == "\\" and self.text[self.at:self.at + 2] == "\\\n":
                self.take()
                self.take()
            elif c == "#":
                while self.peek() not in ("\n", ""):
                    self.take()
            elif c == "{":
                items.append(self.block())
            elif c == "}":
                self.fault("a brace too many")
            else:
                items.append(self.word())


def statements(text, line=1):
    return list(Reader(text, line).statements())
