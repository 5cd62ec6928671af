"""Generated and mutated inputs, judged by Sluice and by others. Every difference has a class that is
explained here, and is counted; one without a class fails. Same seed, same inputs: SEED says another,
ROUNDS how many."""
import collections
import os
import random
import re

import oracles

SEED = int(os.environ.get("SEED", "7208"))


def latin(data):
    return data.decode("latin-1")


class Tally:
    """What was compared with whom, and why they differ where they do."""

    def __init__(self, check, what):
        self.check, self.what = check, what
        self.same, self.classes = collections.Counter(), collections.Counter()

    def compare(self, who, ours, theirs, why, detail):
        if ours == theirs:
            self.same[who] += 1
        elif why is not None:
            self.classes[who + ": " + why] += 1
        else:
            self.check(False, f"{self.what} as {who}", f"ours {ours}, theirs {theirs}: {detail}")

    def end(self, at_least):
        """Passes if every other was asked, and mostly agreed."""
        for who, least in at_least.items():
            self.check(self.same[who] >= least, f"{self.what} agrees with {who}", f"only {self.same[who]} times")
        print(f"     {self.what}: the same as " + ", ".join(f"{w} {n}" for w, n in sorted(self.same.items())))
        for why, n in self.classes.most_common():
            print(f"     {n:5} x {why}")


# ---- SPF: records by a grammar, then mutated ----

def spf_mutated(chance, record):
    for _ in range(chance.choice([0, 0, 1, 1, 2, 3])):
        i, c = chance.randrange(len(record) + 1), chance.choice(" %{}:/=.-+~?_%a1dLs0r,@")
        record = chance.choice([record[:i] + c + record[i:], record[:i] + record[i + 1:],
                                record[:i] + c + record[i + 1:], record[:i].swapcase() + record[i:]])
    return record


def pyspf_differs(record, ours, theirs, reason, mail_spf):
    """Why python3-spf differs, where that is known."""
    low = record.lower()
    if "syntax error" in reason and mail_spf == "permerror":
        return "RFC 7208, 4.6: what it takes for a macro, a name or a modifier's value, the grammar does not"
    if theirs[0] == "permerror" and ours[0] != "permerror":
        if any(w in low for w in ("ptr", "%{p", "..")):
            return "RFC 7208, 4.6.4: it counts void look-ups of PTR names, of cached ones and of names that cannot be asked"
        if len(re.findall(r"(?:^| )([a-z][\w.-]*)=", low)) > len(set(re.findall(r"(?:^| )([a-z][\w.-]*)=", low))):
            return "RFC 7208, 6: only redirect and exp may not come twice"
        if "mx" in low:
            return "it looks up every exchanger, void ones too, before it compares the first"
    if ours[0] == theirs[0] and ours[1].replace("postmaster@", "") == theirs[1].replace("postmaster@", ""):
        return "RFC 7208, 4.3: a sender without local part is postmaster, for %{s} too"
    return None


def mail_spf_differs(record, ours, theirs, reason, pyspf):
    """Why Mail::SPF does."""
    text = theirs.get("reason") or theirs["explanation"]
    if "Unknown error on DNS" in text or "no such question" in text:
        return "a name that cannot be asked for is a DNS error to it"
    if re.search(r"%\{[A-Za-z]\d*R", record) and theirs["result"] == "permerror":
        return "RFC 5234, 2.3: the r of a transformer has no case"
    if "syntax error" in reason and pyspf == "permerror":
        return "RFC 7208, 4.6: it looks at a macro only when it comes to it"
    if "syntax error" in reason and "%{" in record:
        return "RFC 7208, 4.6: it looks at a macro only when it comes to it"
    if "too many look-ups without" in reason or "without an answer" in text.lower() or "void" in text.lower():
        return "RFC 7208, 4.6.4: void look-ups are counted otherwise"
    if re.search(r"(?i)a:h1\.test\.(?: |$)|:[^ ]*\.\.", record):
        return "empty labels"
    return None


def spf(check, skip, record_of, zone_of, ask_pyspf):
    """record_of(chance) makes a record, ask_pyspf(zone, ip, sender, helo) asks python3-spf."""
    perl = oracles.perl(oracles.PERL_SPF, "Mail::SPF")
    if perl is None:
        skip("comparison with Mail::SPF", "it is not installed")
    chance, tally, ours = random.Random(SEED), Tally(check, "SPF"), oracles.ours()
    rounds = int(os.environ.get("ROUNDS", "600"))
    for _ in range(rounds):
        record = spf_mutated(chance, record_of(chance))
        zone = dict(zone_of, **{"dom.test": [{"A": "192.0.2.9"}, {"MX": [5, "h2.test"]}, {"TXT": record}]})
        question = {"zone": zone, "ip": chance.choice(["192.0.2.1", "198.51.100.5", "203.0.113.1", "2001:db8::1", "2001:db8::2"]),
                    "sender": chance.choice(["user@dom.test", "a-b.c@dom.test", "dom.test", ""]), "helo": "dom.test"}
        got = ours(op="spf", **question)
        mine, detail = (got["result"], got["explanation"]), f"{record!r} {question['ip']} {question['sender']!r} ({got['reason']})"
        theirs = perl(**question) if perl else {"result": None}
        if ask_pyspf:
            other = ask_pyspf(zone, question["ip"], question["sender"], "dom.test")
            tally.compare("python3-spf", mine, other,
                          pyspf_differs(record, mine, other, got["reason"], theirs["result"]), detail)
        if perl:
            tally.compare("Mail::SPF", mine[0], theirs["result"],
                          mail_spf_differs(record, mine, theirs, got["reason"], other[0] if ask_pyspf else None), detail)
    tally.end({w: rounds * 3 // 4 for w, asked in (("python3-spf", ask_pyspf), ("Mail::SPF", perl)) if asked})
    ours.close()
    if perl:
        perl.close()


# ---- DKIM: signed by one, mutated, verified by all ----

NAMES = [b"To", b"Subject", b"Date", b"Cc", b"X-A", b"Received", b"Message-ID"]
WORDS = [b"a", b"news", b"of", b"the", b"world", b"caf\xc3\xa9", b"=?utf-8?q?x?=", b"b@c.test", b"(x)", b'"q"', b";", b"A:B"]
PIECES = [b"x", b"word", b" ", b"  ", b"\t", b"caf\xc3\xa9", b".", b"-- "]
CANONS = ["simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"]


def field(chance):
    value = b"".join(chance.choice([b" ", b" ", b"  ", b"\t", b"\r\n ", b"\r\n\t", b"\r\n  "]) + chance.choice(WORDS)
                     for _ in range(chance.randint(1, 8)))
    # White space before the colon is obsolete, and some cannot read it: seldom.
    return chance.choice(NAMES) + (b" :" if chance.random() < 0.02 else b":") + value + chance.choice([b"", b"", b" "])


def message(chance):
    fields = [b"From: Ann <ann@example.com>"] + [field(chance) for _ in range(chance.randint(1, 8))]
    chance.shuffle(fields)
    body = [b"".join(chance.choice(PIECES) for _ in range(chance.randint(0, 6))) for _ in range(chance.randint(0, 8))]
    return b"\r\n".join(fields) + b"\r\n\r\n" + b"".join(line + b"\r\n" for line in body)


def insert(text, at, what):
    return text if at is None else text[:at] + what + text[at:]


def place(chance, text, what):
    found = [m.start() for m in re.finditer(re.escape(what), text)]
    return chance.choice(found) if found else None


def change_fields(chance, kind, fields):
    i = chance.randrange(1, len(fields))
    name, colon, value = fields[i].partition(b":")
    if kind == "fold":
        fields[i] = insert(fields[i], place(chance, fields[i], b" "), b"\r\n")
    elif kind == "space":
        fields[i] = insert(fields[i], place(chance, fields[i], b" "), b" ")
    elif kind == "unfold":
        fields[i] = fields[i].replace(b"\r\n", b"", 1)
    elif kind == "name in another case":
        fields[i] = name.swapcase() + colon + value
    elif kind == "value in another case":
        fields[i] = name + colon + value.swapcase()
    elif kind == "space behind":
        fields[i] += b" "
    elif kind == "twice, above":
        fields.insert(1, fields[i])
    elif kind == "twice, below":
        fields.append(fields[i])
    elif kind == "another":
        fields.insert(chance.randint(0, 1), chance.choice([b"Received: from x", b"To: eve", b"Subject: eve", b"X-A: 2"]))
    elif kind == "removed" and len(fields) > 2:
        del fields[i]
    elif kind == "swapped":
        k = chance.randrange(1, len(fields))
        fields[i], fields[k] = fields[k], fields[i]
    elif kind == "signature folded":
        fields[0] = fields[0].replace(b"; ", b";\r\n\t", 1)
    elif kind == "b= folded":
        head, equals, tail = fields[0].rpartition(b" b=")
        fields[0] = head + equals + tail[:5] + b"\r\n  " + tail[5:]


def change_body(chance, kind, body):
    if kind == "body: case" and body:
        i = chance.randrange(len(body))
        return body[:i] + body[i:i + 1].swapcase() + body[i + 1:]
    if kind == "body: space":
        return insert(body, place(chance, body, b" "), b" ")
    if kind == "body: space at a line's end":
        return insert(body, place(chance, body, b"\r\n"), chance.choice([b" ", b"\t"]))
    if kind == "body: empty lines":
        return body + b"\r\n" * chance.randint(1, 3)
    if kind == "body: more":
        return body + b"more\r\n"
    return body.partition(b"\r\n")[2] if kind == "body: less" else body


FIELD_CHANGES = ["fold", "space", "unfold", "name in another case", "value in another case", "space behind", "twice, above",
                 "twice, below", "another", "removed", "swapped", "signature folded", "b= folded"]
BODY_CHANGES = ["body: case", "body: space", "body: space at a line's end", "body: empty lines", "body: more", "body: less"]


def mutated(chance, text):
    header, _, body = text.partition(b"\r\n\r\n")
    fields = re.split(rb"\r\n(?![ \t])", header)
    kind = chance.choice(["none", "none", "none"] + FIELD_CHANGES + BODY_CHANGES)
    change_fields(chance, kind, fields)
    return kind, b"\r\n".join(fields) + b"\r\n\r\n" + change_body(chance, kind, body)


def signed(chance, who, text, key, canon, ask):
    """Returns the signature field."""
    question = {"op": "sign", "key": key, "domain": "example.com", "selector": "s1", "canon": canon, "message": latin(text)}
    if who == "Sluice":
        names = chance.choice([{}, {"names": "From:To:Subject:Date:Cc:X-A"}])
        return ask["Sluice"](**question, **names)["field"].encode("latin-1")
    if who == "Mail::DKIM":
        return re.sub(rb"\r?\n", b"\r\n", ask[who](**question)["field"].encode("latin-1").strip()) + b"\r\n"
    return ask[who].sign(text, b"s1", b"example.com", key.encode(), canonicalize=tuple(canon.encode().split(b"/")))


SPACE_COLON = re.compile(rb"(?m)^[^:\s]+[ \t]+:")


def dkim_differs(who, text, canon, theirs):
    header = text.partition(b"\r\n\r\n")[0]
    if SPACE_COLON.search(header) and who == "python3-dkim":
        return "it does not read white space before a colon (RFC 5322, 4.5)"
    if len(re.findall(rb"(?mi)^From[ \t]*:", header)) > 1 and theirs == "pass":
        return "it believes a message with two From (RFC 6376, 8.15)"
    return None


def opendkim_can(text, canon):
    """Its test mode ends at a file with white space before a colon, or a fold of nothing else, and hands
    fields on as a milter without SMFIP_HDR_LEADSPC does, which the simple form cannot bear."""
    header = text.partition(b"\r\n\r\n")[0]
    return canon.startswith("relaxed") and not SPACE_COLON.search(header) and not re.search(rb"\n[ \t]*(\r\n|$)", header)


def dkim(check, skip, module, key, txt, folder):
    """module: python3-dkim; key: PEM of PKCS #1, which all can read; txt: its record."""
    perl = oracles.perl(oracles.PERL_DKIM, "Mail::DKIM::Verifier")
    ask = {"Sluice": oracles.ours(), **({"python3-dkim": module} if module else {}), **({"Mail::DKIM": perl} if perl else {})}
    if perl is None:
        skip("comparison with Mail::DKIM", "it is not installed")
    chance, tally, signers = random.Random(SEED), Tally(check, "DKIM"), sorted(ask)
    name, rounds, made = "s1._domainkey.example.com", int(os.environ.get("ROUNDS", "240")), []
    for n in range(rounds):
        text, canon, who = message(chance), chance.choice(CANONS), signers[n % len(signers)]
        if who == "python3-dkim" and b" :" in text.partition(b"\r\n\r\n")[0]:
            who = "Sluice"      # see dkim_differs
        kind, text = mutated(chance, signed(chance, who, text, key, canon, ask) + text)
        got = (ask["Sluice"](op="dkim", zone={name: [{"TXT": txt}]}, message=latin(text))["dkim"] or [["none", ""]])[0]
        mine = "pass" if got[0] == "pass" else "fail"
        made.append((text, canon, mine))
        detail = f"{who} {canon} {kind}: {got} {text!r}"
        if kind == "none":
            check(mine == "pass", f"what {who} signs, Sluice verifies", detail)
        if module:
            try:
                theirs = "pass" if module.verify(text, dnsfunc=lambda *a, **k: txt.encode()) else "fail"
            except Exception as e:      # pylint: disable=broad-except # it is what is compared
                theirs = "fail" if mine == "fail" else repr(e)
            tally.compare("python3-dkim", mine, theirs, dkim_differs("python3-dkim", text, canon, theirs), detail)
        if perl:
            found = perl(op="verify", txt={name: txt}, message=latin(text)).get("dkim") or [["none", ""]]
            theirs = "pass" if found[0][0] == "pass" else "fail"
            tally.compare("Mail::DKIM", mine, theirs, dkim_differs("Mail::DKIM", text, canon, theirs), f"{found} {detail}")
    wanted = {w: rounds * 3 // 4 for w in ask if w != "Sluice"}
    if oracles.opendkim_program():
        made = [m for m in made if opendkim_can(m[0], m[1])]
        for (text, canon, mine), theirs in zip(made, oracles.opendkim(folder, [m[0] for m in made], {name: txt})):
            answer = "pass" if theirs == "pass" else "fail"
            tally.compare("opendkim", mine, answer, dkim_differs("opendkim", text, canon, answer), f"{canon} {theirs} {text!r}")
        wanted["opendkim"] = rounds // 4
    else:
        skip("comparison with opendkim", "it is not installed (its package would start a daemon: by hand)")
    tally.end(wanted)
    ask["Sluice"].close()
    if perl:
        perl.close()
