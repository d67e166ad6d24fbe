#!/usr/bin/env python3
"""Collects what support needs, shows you every byte of it, and sends what you let it send. One file; needs Python 3.8 or newer and nothing else.

    python infacta_wizard.py diagnostics.json                 asks at the terminal
    python infacta_wizard.py diagnostics.json --gui           asks in a window
    python infacta_wizard.py --resume bundle.zip              goes on with an upload that was cut off

`diagnostics.json` comes with the product and says what may be collected. Nothing is sent before you have said so, and what is sent is exactly
the file that is saved on your disk: open it with any ZIP program and look. How to do all this from another language: docs/diagnostics-api.md.
"""

import argparse
import contextlib
import getpass
import glob
import hashlib
import http.client
import io
import json
import locale
import os
import platform
import re
import shutil
import socket
import ssl
import sys
import tempfile
import time
import zipfile
from datetime import datetime, timezone
from urllib.parse import urljoin, urlsplit

NAME, VERSION = "infacta_wizard", "1.0"
FORMAT = "infacta-diagnostics-1"
LARGEST_ITEM = 50 * 1024 * 1024
TAIL = 1024 * 1024  # how much of a log file is taken, unless the vendor says otherwise
MOST_ITEMS = 200
PIECE = 8 * 1024 * 1024
TRIES, LONGEST_WAIT, TIMEOUT = 8, 60, 60
BLANK = "[blanked out]"
LONGEST_ANSWER = 1024 * 1024
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
LOCAL = ("localhost", "127.0.0.1", "::1")


class Failed(Exception):
    """What went wrong, in words for people, with what to do."""


class Refused(Failed):
    """The server said no: its status and its words."""

    def __init__(self, status, kind, message, wait=0):
        super().__init__(message)
        self.status, self.kind, self.wait = status, kind, wait


# What is collected


class Item:
    """One thing that may be sent: its text is what is shown, and what goes into the bundle."""

    def __init__(self, number, id, title, kind, path, data, cut=False):
        self.number, self.id, self.title, self.kind, self.path, self.cut = number, id, printable(title), kind, path, cut
        self.original = data
        self.source = ""  # which file of this computer it is of; that is never sent
        self.by_hand = None  # the text as the person left it
        self.chosen = True
        self.made = None  # of which text, with which pseudonyms, what came out

    @property
    def text(self):
        """None for what is not text: such an item is taken whole or not at all."""
        return text_of(self.original) if self.by_hand is None else self.by_hand

    def data(self, pseudonyms):
        """The bytes that go into the bundle."""
        if self.text is None:
            return self.original
        if self.made is None or self.made[:2] != (self.by_hand, pseudonyms):
            text = pseudonyms.applied(self.text) if pseudonyms else self.text
            data = self.original if text == text_of(self.original) else text.encode("utf-8", "surrogateescape")
            self.made = (self.by_hand, pseudonyms, data)
        return self.made[2]

    def blank(self, first, last):
        """Blank out lines, counted from 1 as editors and windows count them: by line feeds alone."""
        lines = self.text.split("\n")
        for at in range(max(0, first - 1), min(last, len(lines))):
            lines[at] = BLANK if lines[at] else ""
        self.by_hand = "\n".join(lines)


def visible(text):
    """For a terminal: what would move its cursor, hide text or turn it round is written out, so that what is seen is what is there."""
    return UNSEEN.sub(lambda found: ascii(found[0])[1:-1], text.replace("\r\n", "\n"))


def printable(text):
    """Without halves of characters, as names of files may have them."""
    return text.encode("utf-8", "replace").decode()


def text_of(data):
    return None if b"\0" in data[:8192] else data.decode("utf-8", "surrogateescape")


def read_configuration(path):
    """What the vendor says may be collected. Nothing in it can start a program: it names files and a site, and nothing else is looked at."""
    try:
        with open(path, encoding="utf-8") as file:
            configuration = json.load(file)
    except (OSError, ValueError) as error:
        raise Failed("The file %s cannot be read (%s). It comes with the product; please install it again." % (path, error))
    if not isinstance(configuration, dict) or not all(isinstance(configuration.get(name), str) for name in ("product", "site")):
        raise Failed("The file %s must name a product and a site." % path)
    demand_safe(configuration["site"])
    return configuration


def demand_safe(site):
    parts = urlsplit(site)
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL)):
        raise Failed("The site %s is not reached by https, so nothing is sent to it." % site)


def collect(configuration, folder):
    """All items, hardware first; what is not there is left out, and said."""
    items = [Item(1, "hardware", "Computer and system", "hardware", "hardware.json", hardware())]
    missing = []
    for told in configuration.get("items", []):
        paths = paths_of(told, folder)
        if not paths:
            missing.append(told.get("title") or told.get("path", "?"))
        for path in paths[: MOST_ITEMS - len(items)]:
            try:
                items.append(item_of(len(items) + 1, told, path, {item.path for item in items}))
                items[-1].source = printable(os.path.realpath(path))
            except OSError as error:
                missing.append("%s (%s)" % (path, error.strerror or error))
    return items, missing


def paths_of(told, folder):
    pattern = os.path.expandvars(os.path.expanduser(str(told.get("path", ""))))
    if not pattern or told.get("kind") not in ("settings", "log"):
        return []
    found = [path for path in glob.glob(os.path.join(folder, pattern), recursive=True) if os.path.isfile(path)]
    return sorted(found, key=os.path.getmtime, reverse=True)[: int(told.get("most", 20))]


def item_of(number, told, path, taken):
    """A log file is taken from its end, for that is where it says what happened."""
    size = os.path.getsize(path)
    most = min(int(told.get("tail", TAIL if told["kind"] == "log" else LARGEST_ITEM)), LARGEST_ITEM)
    with open(path, "rb") as file:
        file.seek(max(0, size - most))
        data = file.read(most)
    if size > most and told["kind"] == "log":
        data = data.partition(b"\n")[2] or data
    name = "%s/%s" % (told["kind"], re.sub(r"[^A-Za-z0-9._-]", "_", os.path.basename(path))[:80])
    while name in taken:
        name = "%s/%d-%s" % (told["kind"], number, name.partition("/")[2])
    title = told.get("title") or os.path.basename(path)
    return Item(number, "%s-%d" % (told["kind"], number), str(title)[:200], told["kind"], name, data, size > most)


def hardware():
    """The computer in plain words. No serial numbers, no addresses of network cards, no lists of programs."""
    facts = {
        "system": platform.system(),
        "release": platform.release(),
        "version": platform.version(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "processor": processor(),
        "processors": os.cpu_count(),
        "memory_mb": memory(),
        "disk_free_mb": shutil.disk_usage(os.path.expanduser("~")).free // 2**20,
        "disk_total_mb": shutil.disk_usage(os.path.expanduser("~")).total // 2**20,
        "locale": ".".join(part for part in locale.getlocale() if part),
        "encoding": sys.getfilesystemencoding(),
        "time_zone": time.strftime("%z"),
        "python": platform.python_version(),
        "screen": screen(),
    }
    return (json.dumps({name: value for name, value in facts.items() if value}, indent=2, sort_keys=True) + "\n").encode()


def processor():
    with contextlib.suppress(OSError):
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    return platform.processor()


def memory():
    """In megabytes; None where the system does not tell."""
    with contextlib.suppress(ValueError, OSError, AttributeError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
    with contextlib.suppress(Exception):
        import ctypes

        class Status(ctypes.Structure):
            _fields_ = [("length", ctypes.c_ulong), ("load", ctypes.c_ulong)] + [
                (name, ctypes.c_ulonglong) for name in ("total", "free", "page", "page_free", "virtual", "virtual_free", "extended")
            ]

        status = Status(length=ctypes.sizeof(Status))
        ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
        return status.total // 2**20
    return None


def screen():
    with contextlib.suppress(Exception):
        import tkinter

        window = tkinter.Tk()
        window.withdraw()
        size = "%dx%d" % (window.winfo_screenwidth(), window.winfo_screenheight())
        window.destroy()
        return size
    return None


# Names and addresses are replaced: the same one always by the same word, so that what happened can still be followed


class Pseudonyms:
    """What was replaced by what. It never leaves this computer; it is shown, and stands beside the saved bundle if you ask for it."""

    EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
    IPV4 = re.compile(r"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.]*\d)")
    IPV6 = re.compile(r"(?<![0-9A-Za-z:.])(?=[0-9A-Fa-f:]*:[0-9A-Fa-f:]*:)(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![0-9A-Za-z:])")
    MAC = re.compile(r"(?<![0-9A-Fa-f:-])[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}(?![0-9A-Fa-f:-])")
    HOME = re.compile(r"(?i)(?:(?<=/home/)|(?<=/Users/)|(?<=\\Users\\)|(?<=\\\\Users\\\\))[^/\\\s:\"'<>|]+")
    HARMLESS = {"127.0.0.1", "0.0.0.0", "255.255.255.255", "::1", "::"}
    SHARED = {"public", "default", "shared", "all users", "root", "user", "admin"}

    def __init__(self, words=(), texts=()):
        """`texts` is all that will be looked at: who is named anywhere is replaced everywhere, whatever is looked at first."""
        self.known = {}  # what stood there, in small letters → the pseudonym
        self.shown = {}  # the pseudonym → what stood there
        self.counts = {}
        self.words = {}
        for kind, word in [*known_words(), *(("name", word) for word in words)]:
            if len(word) > 2 and word.lower() not in self.SHARED:
                self.words.setdefault(word.lower(), kind)
        for text in texts:
            for user in self.HOME.findall(text):
                if len(user) > 2 and user.lower() not in self.SHARED:
                    self.words.setdefault(user.lower(), "user")
        for text in texts:
            self.applied(text)

    def of(self, kind, what):
        """Always the same for the same thing."""
        key = what.lower()
        if key not in self.known:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            self.known[key] = "[%s-%d]" % (kind, self.counts[kind])
            self.shown[self.known[key]] = what
        return self.known[key]

    def applied(self, text):
        text = self.EMAIL.sub(lambda found: self.of("email", found[0]), text)
        text = self.MAC.sub(lambda found: self.of("card", found[0]), text)
        text = self.IPV4.sub(self.address, text)
        text = self.IPV6.sub(self.address, text)
        text = self.HOME.sub(self.user, text)
        if self.words:
            text = self.word_pattern().sub(lambda found: self.of(self.words[found[0].lower()], found[0]), text)
        return text

    def address(self, found):
        what = found[0]
        if what in self.HARMLESS or (":" in what and what.count(":") < 7 and "::" not in what):
            return what
        return self.of("address", what)

    def user(self, found):
        if found[0].lower() in self.SHARED or found[0].startswith("["):
            return found[0]
        return self.of(self.words.get(found[0].lower(), "user"), found[0])

    def word_pattern(self):
        words = sorted(self.words, key=len, reverse=True)
        return re.compile(r"(?i)(?<![\w\[])(?:%s)(?![\w])" % "|".join(map(re.escape, words)))


def known_words():
    """What this computer calls itself and its user."""
    with contextlib.suppress(Exception):
        yield "user", getpass.getuser()
    yield "user", os.path.basename(os.path.expanduser("~"))
    host = socket.gethostname()
    yield "host", host
    yield "host", host.partition(".")[0]
    with contextlib.suppress(Exception):
        import pwd

        full = pwd.getpwuid(os.getuid()).pw_gecos.partition(",")[0]
        yield "name", full
        for part in full.split():
            yield "name", part


# The bundle


def bundle_of(items, configuration, pseudonyms, when=None):
    """The ZIP file, as bytes: what is previewed, saved and sent is this and nothing else."""
    chosen = [(item, item.data(pseudonyms)) for item in items if item.chosen]
    manifest = {
        "format": FORMAT,
        "product": configuration["product"],
        "version": str(configuration.get("version", "")),
        "wizard": {"name": NAME, "version": VERSION},
        "collected_at": (when or datetime.now(timezone.utc)).replace(microsecond=0).isoformat(),
        "items": [told_of(item, data, pseudonyms) for item, data in chosen],
    }
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", json.dumps(manifest, indent=2))
        for item, data in chosen:
            archive.writestr(entry_of(item, pseudonyms), data)
    return held.getvalue()


def entry_of(item, pseudonyms):
    """Its name in the ZIP file: the name of a file may be somebody's too."""
    return pseudonyms.applied(item.path) if pseudonyms else item.path


def told_of(item, data, pseudonyms):
    title = pseudonyms.applied(item.title) if pseudonyms else item.title
    facts = {
        "id": item.id,
        "title": title,
        "kind": item.kind,
        "path": entry_of(item, pseudonyms),
        "size": len(data),
        "sha256": sha256(data),
    }
    return dict(facts, edited=data != item.original, cut=item.cut)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def save(path, data):
    """Whole or not at all, and for nobody else's eyes."""
    folder = os.path.dirname(os.path.abspath(path))
    try:
        handle, temporary = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise Failed("The file %s cannot be saved (%s). Choose another place with --save." % (path, error.strerror or error))


# Sending


class Upload:
    """One bundle on its way. `state` stands beside the bundle in a file of its own, so that it goes on after whatever happens."""

    def __init__(self, path, state):
        self.path, self.state = path, state

    @classmethod
    def new(cls, path, configuration, told):
        return cls(path, {"site": configuration["site"], "told": told, "location": ""})

    @classmethod
    def saved(cls, path):
        try:
            with open(path + ".upload", encoding="utf-8") as file:
                state = json.load(file)
            demand_safe(state["site"])
        except (OSError, ValueError, KeyError, TypeError):
            raise Failed("There is no upload of %s to go on with. Send it with --send." % path)
        return cls(path, state)

    def keep(self):
        save(self.path + ".upload", json.dumps(self.state, indent=2).encode())

    def send(self, tell, wait=time.sleep):
        """The number of the case. What fails for the moment is tried again, more and more slowly."""
        self.keep()
        tries = 0
        while True:
            before = self.state.get("offset", 0)
            try:
                number = self.go_on(tell)
                with contextlib.suppress(OSError):
                    os.remove(self.path + ".upload")
                return number
            except Refused as refusal:
                if refusal.kind == "no-such-upload" and self.state["location"]:
                    self.state["location"] = ""
                    error, pause = refusal, 0
                elif refusal.status in (408, 409, 423, 425, 429, 500, 502, 503, 504) and refusal.wait <= LONGEST_WAIT:
                    error, pause = refusal, refusal.wait
                else:
                    raise
            except (OSError, http.client.HTTPException) as failure:
                if isinstance(failure, FileNotFoundError):
                    raise Failed("The file %s is not there any more." % self.path)
                if isinstance(failure, ssl.SSLCertVerificationError):
                    raise Failed(
                        "The site's certificate is not good (%s), so nothing was sent. Is the clock right?" % failure.verify_message
                    )
                error, pause = failure, 0
            except (KeyError, TypeError, ValueError) as oddity:
                raise Failed("The site answers something that this wizard does not understand (%r). Is there a newer wizard?" % oddity)
            tries = 0 if self.state.get("offset", 0) > before else tries + 1
            if tries >= TRIES:
                raise Failed(
                    "The site cannot be reached (%s). Your file is saved: go on later with\n    %s --resume %s"
                    % (error, os.path.basename(sys.argv[0]), self.path)
                )
            pause = pause or min(LONGEST_WAIT, 2**tries)
            tell("Cut off (%s). Trying again in %d s." % (error, pause))
            wait(pause)

    def go_on(self, tell):
        size = os.path.getsize(self.path)
        with Connection(self.state["site"]) as connection:
            if not self.state["location"]:
                answer = connection.ask("POST", "/support/diagnostics/", json.dumps(self.state["told"]).encode(), "application/json")
                self.state.update(location=answer["location"], piece=min(int(answer.get("piece", PIECE)), PIECE), offset=0)
                self.keep()
            state = connection.ask("GET", self.state["location"])
            with open(self.path, "rb") as file:
                while state["state"] != "opened":
                    file.seek(state["offset"])
                    self.state["offset"] = state["offset"]
                    tell("%3d %%  %s of %s" % (100 * state["offset"] // size, in_words(state["offset"]), in_words(size)))
                    piece = file.read(max(1, self.state.get("piece", PIECE)))
                    before = state["offset"]
                    state = connection.ask(
                        "PATCH", self.state["location"], piece, "application/offset+octet-stream", {"Upload-Offset": str(before)}
                    )
                    if state["state"] != "opened" and not before < state["offset"] < size:
                        raise ValueError("offset %r after %r" % (state["offset"], before))
            tell("100 %%  %s" % in_words(size))
            return state["case"]


class Connection:
    """To the site alone: over TLS that is verified, without redirects, without cookies."""

    def __init__(self, site):
        demand_safe(site)
        self.parts = urlsplit(site)

    def __enter__(self):
        host, port = self.parts.hostname, self.parts.port
        if self.parts.scheme == "https":
            self.http = http.client.HTTPSConnection(host, port, timeout=TIMEOUT, context=ssl.create_default_context())
        else:
            self.http = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
        return self

    def __exit__(self, *error):
        self.http.close()

    def ask(self, method, path, body=b"", content_type="", headers=None):
        """What the site says, as a dictionary. Refused; OSError and HTTPException when it cannot be reached."""
        sent = {"Tus-Resumable": "1.0.0", "User-Agent": "%s/%s" % (NAME, VERSION), "Accept": "application/json"}
        sent.update(headers or {}, **({"Content-Type": content_type} if content_type else {}))
        address = urlsplit(urljoin(self.parts.geturl(), path))
        if address.netloc != self.parts.netloc:
            raise Failed("The site leads to another one (%s); nothing is sent there." % address.netloc)
        self.http.request(method, address.path, body or None, sent)
        answer = self.http.getresponse()
        raw = answer.read(LONGEST_ANSWER)
        told = {}
        with contextlib.suppress(ValueError):
            told = json.loads(raw) if raw else {}
        told = told if isinstance(told, dict) else {}
        if answer.status == 204:
            return {"state": "receiving", "offset": int(answer.headers.get("Upload-Offset", 0))}
        if answer.status in (200, 201) and told:
            return told
        raise refusal_of(answer, told)


def refusal_of(answer, told):
    message = told.get("detail") or "The site answered %d %s. Please try again later." % (answer.status, answer.reason)
    if told.get("title"):
        message = "%s. %s" % (told["title"], message)
    wait = answer.headers.get("Retry-After", "")
    return Refused(answer.status, str(told.get("type", "")).rpartition("#")[2], message, int(wait) if wait.isdigit() else 0)


def in_words(size):
    return "%d bytes" % size if size < 1024 else "%.1f KB" % (size / 1024) if size < 2**20 else "%.1f MB" % (size / 2**20)


# What is told with the bundle


def told_with(path, configuration, arguments):
    with open(path, "rb") as file:
        data = file.read()
    told = {
        "contact": {"name": arguments.name or "", "email": arguments.email or ""},
        "product": configuration["product"],
        "version": str(configuration.get("version", "")),
        "wizard": {"name": NAME, "version": VERSION},
        "text": arguments.text or "",
        "bundle": {"size": len(data), "sha256": sha256(data), "name": os.path.basename(path)},
        "send_copy": bool(arguments.copy),
    }
    if arguments.code:
        told["unlock_code"] = arguments.code
    return told


class Work:
    """What the person decides, whichever way it is asked."""

    def __init__(self, configuration, arguments, folder):
        self.configuration, self.arguments = configuration, arguments
        self.items, self.missing = collect(configuration, folder)
        self.pseudonyms = None if arguments.plain else self.new_pseudonyms()
        for item in self.items:
            item.chosen = not {item.id, str(item.number), item.path} & set(arguments.untick)
        self.when = datetime.now(timezone.utc)
        self.saved = ""  # the digest of what was shown and saved

    def new_pseudonyms(self):
        texts = [text for item in self.items for text in (item.path, item.title, item.text) if text is not None]
        return Pseudonyms(self.arguments.hide, texts)

    def bundle(self):
        return bundle_of(self.items, self.configuration, self.pseudonyms, self.when)

    def shown(self, item):
        """What of this item goes into the bundle; None if it is not text."""
        return None if item.text is None else item.data(self.pseudonyms).decode("utf-8", "replace")

    def save(self, path):
        data = self.bundle()
        save(path, data)
        self.saved = sha256(data)
        return "Saved: %s (%s), SHA-256 %s" % (path, in_words(len(data)), sha256(data))

    def send(self, path, tell):
        if "@" not in (self.arguments.email or ""):
            raise Failed("Where should the answer go? Give your e-mail address (--email).")
        told = told_with(path, self.configuration, self.arguments)
        if told["bundle"]["sha256"] != self.saved:
            raise Failed("The file %s was changed after it was saved; nothing is sent. Save it once more." % path)
        return Upload.new(path, self.configuration, told).send(tell)


# At the terminal

HELP = """
  NUMBER        tick or untick this item
  v NUMBER      view what of it is sent
  e NUMBER      edit it in your editor
  b NUMBER A-B  blank out lines A to B of it
  h WORD        hide this word or name everywhere
  p             replace names and addresses, or leave them as they are
  m             show what was replaced by what (it stays on this computer)
  s             save, and go on to sending
  q             quit: nothing is sent"""


def at_the_terminal(work):
    print("This collects what %s support needs. Nothing is sent before you say so." % work.configuration["product"])
    while True:
        show_list(work)
        typed = ask("What now? (? for help) ").split()
        command, rest = (typed[0].lower(), typed[1:]) if typed else ("", [])
        if command == "q":
            return print("Nothing was sent.")
        if command == "s":
            return save_and_send(work)
        try:
            do(work, command, rest)
        except (ValueError, IndexError):
            print(HELP)


def show_list(work):
    print()
    for item in work.items:
        data = item.data(work.pseudonyms)
        notes = [note for note, holds in (("changed", data != item.original), ("its end alone", item.cut)) if holds]
        mark = "x" if item.chosen else " "
        print(visible("%3d [%s] %-40s %12s  %s" % (item.number, mark, item.title[:40], in_words(len(data)), ", ".join(notes))))
        if item.source:
            print(visible("        from %s" % item.source))
    for what in work.missing:
        print(visible("        not found: %s" % what))
    print("    Names and addresses are %s." % ("replaced" if work.pseudonyms else "left as they are"))


def do(work, command, rest):
    """Raises ValueError and IndexError for what is no command."""
    if command == "p":
        work.pseudonyms = None if work.pseudonyms else work.new_pseudonyms()
    elif command == "m":
        for shown, what in sorted(work.pseudonyms.shown.items() if work.pseudonyms else []):
            print(visible("  %s = %s" % (shown, what)))
    elif command == "h":
        work.arguments.hide.append(" ".join(rest))
        work.pseudonyms = work.new_pseudonyms()
    elif command in ("v", "e", "b"):
        item = work.items[index_of(rest[0])]
        if item.text is None:
            print("This is not text: take it whole, or untick it.")
        elif command == "v":
            print(visible(work.shown(item)))
        elif command == "e":
            item.by_hand = edited(work.shown(item))
        else:
            first, _dash, last = rest[1].partition("-")
            item.blank(int(first), int(last or first))
    else:
        item = work.items[index_of(command)]
        item.chosen = not item.chosen


def index_of(typed):
    number = int(typed)
    if number < 1:
        raise ValueError(typed)
    return number - 1


def edited(text):
    """The text as it comes back from the editor that the person has chosen."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ("notepad" if os.name == "nt" else "vi")
    handle, path = tempfile.mkstemp(suffix=".txt")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        import shlex
        import subprocess

        try:
            subprocess.call([*(shlex.split(editor) if os.name != "nt" else [editor]), path])
        except OSError as error:
            print("The editor %s cannot be started (%s). Set EDITOR to another one." % (editor, error))
        with open(path, encoding="utf-8", errors="replace", newline="") as file:
            return file.read()
    finally:
        os.remove(path)


def save_and_send(work):
    path = work.arguments.save or ask("Save it as [%s]: " % default_path(work)) or default_path(work)
    print(work.save(path))
    if not is_yes("Send exactly this file to %s? (yes/no) " % work.configuration["site"]):
        return print("Nothing was sent. The file is yours.")
    arguments = work.arguments
    arguments.email = arguments.email or ask("Your e-mail address, for the answer: ")
    arguments.name = arguments.name or ask("Your name (may be left out): ")
    arguments.text = arguments.text or ask("What happened? ")
    arguments.copy = arguments.copy or is_yes("Shall an exact copy be mailed to you? (yes/no) ")
    return report(work.send(path, progress))


def ask(question):
    return input(question).strip()


def is_yes(question):
    return ask(question).lower() in ("y", "yes")


def progress(line):
    print(visible(line), flush=True)


def report(number):
    print(visible("It has arrived. The number of your case is %s. A mail with a link to it is on its way." % number))
    print("When the case is dealt with, what you sent is destroyed; the mail says how and when.")


def default_path(work):
    return "%s-diagnostics-%s.zip" % (re.sub(r"\W", "_", work.configuration["product"]), work.when.strftime("%Y%m%d-%H%M%S"))


# In a window


def in_a_window(work):
    """The same in a small window. Failed where there is none to be had."""
    try:
        import tkinter
    except ImportError:
        raise Failed("This Python has no windows (tkinter). Start it without --gui.")
    try:
        window = tkinter.Tk()
    except tkinter.TclError as error:
        raise Failed("No window can be opened (%s). Start it without --gui." % error)
    Window(work, window)
    window.mainloop()


class Window:
    def __init__(self, work, window):
        import queue
        import tkinter
        from tkinter import ttk

        self.work, self.window, self.tk, self.shown = work, window, tkinter, None
        self.news = queue.Queue()
        window.title("Diagnostics for %s" % work.configuration["product"])
        window.minsize(860, 560)
        window.columnconfigure(1, weight=1)
        window.rowconfigure(0, weight=1)
        self.list = ttk.Treeview(window, columns=("send", "size"), height=16, selectmode="browse")
        for column, heading, width in (("#0", "Item", 260), ("send", "Send", 60), ("size", "Size", 90)):
            self.list.heading(column, text=heading)
            self.list.column(column, width=width, stretch=column == "#0")
        self.list.grid(row=0, column=0, sticky="nsew", padx=8, pady=8)
        self.list.bind("<<TreeviewSelect>>", lambda event: self.show())
        self.list.bind("<space>", lambda event: self.tick())
        self.text = tkinter.Text(window, wrap="none", undo=True)
        self.text.grid(row=0, column=1, sticky="nsew", padx=(0, 8), pady=8)
        self.buttons(ttk)
        self.fields(ttk)
        self.status = tkinter.StringVar(value="Nothing is sent before you press Send.")
        ttk.Label(window, textvariable=self.status, wraplength=820).grid(row=3, column=0, columnspan=2, sticky="w", padx=8, pady=8)
        self.refresh()
        self.list.selection_set("1")

    def buttons(self, ttk):
        row = ttk.Frame(self.window)
        row.grid(row=1, column=0, columnspan=2, sticky="w", padx=8)
        for text, command in (
            ("Send it or not", self.tick),
            ("Keep my changes", self.keep),
            ("Blank out selected lines", self.blank),
            ("What was replaced", self.mapping),
            ("Save", self.save),
            ("Send", self.send),
        ):
            ttk.Button(row, text=text, command=command).pack(side="left", padx=(0, 6))
        self.replaces = self.tk.BooleanVar(value=bool(self.work.pseudonyms))
        ttk.Checkbutton(row, text="Replace names and addresses", variable=self.replaces, command=self.replace).pack(side="left")

    def fields(self, ttk):
        row = ttk.Frame(self.window)
        row.grid(row=2, column=0, columnspan=2, sticky="we", padx=8, pady=(8, 0))
        row.columnconfigure(1, weight=1)
        self.entries = {}
        for number, (name, label) in enumerate((("email", "Your e-mail address"), ("name", "Your name"), ("text", "What happened"))):
            ttk.Label(row, text=label).grid(row=number, column=0, sticky="w")
            self.entries[name] = ttk.Entry(row)
            self.entries[name].insert(0, getattr(self.work.arguments, name) or "")
            self.entries[name].grid(row=number, column=1, sticky="we", padx=8, pady=2)
        self.copy = self.tk.BooleanVar(value=bool(self.work.arguments.copy))
        ttk.Checkbutton(row, text="Mail me an exact copy", variable=self.copy).grid(row=3, column=1, sticky="w", padx=8)

    def refresh(self):
        chosen = self.list.selection()
        self.list.delete(*self.list.get_children())
        for item in self.work.items:
            size = in_words(len(item.data(self.work.pseudonyms)))
            self.list.insert("", "end", iid=str(item.number), text=item.title, values=("yes" if item.chosen else "no", size))
        if chosen:
            self.list.selection_set(*chosen)

    def selected(self):
        return self.work.items[int(self.list.selection()[0]) - 1]

    def show(self):
        if not self.list.selection():
            return
        self.keep_edits()
        self.shown = self.selected()
        self.display()

    def display(self):
        text = self.work.shown(self.shown)
        self.text.delete("1.0", "end")
        self.text.insert("1.0", "This is not text: take it whole, or not at all." if text is None else text)
        self.text.edit_modified(False)

    def keep_edits(self):
        """Whoever has changed the text means it, whichever button comes next: what is seen is what is sent."""
        if self.text.edit_modified() and self.shown and self.shown.text is not None:
            self.shown.by_hand = self.text.get("1.0", "end-1c")
        self.text.edit_modified(False)

    def tick(self):
        item = self.selected()
        item.chosen = not item.chosen
        self.refresh()

    def keep(self):
        self.keep_edits()
        self.refresh()

    def blank(self):
        """The lines that are selected, or the one with the cursor."""
        if self.shown is None or self.shown.text is None:
            return
        marks = ("sel.first", "sel.last") if self.text.tag_ranges("sel") else ("insert", "insert")
        first, last = (int(self.text.index(mark).split(".")[0]) for mark in marks)
        self.shown.by_hand = self.text.get("1.0", "end-1c")
        self.shown.blank(first, last)
        self.text.edit_modified(False)
        self.refresh()
        self.display()

    def replace(self):
        self.keep_edits()
        self.work.pseudonyms = self.work.new_pseudonyms() if self.replaces.get() else None
        self.refresh()
        self.show()

    def mapping(self):
        shown = self.work.pseudonyms.shown if self.work.pseudonyms else {}
        lines = "\n".join("%s = %s" % pair for pair in sorted(shown.items())) or "Nothing was replaced."
        box = self.tk.Toplevel(self.window)
        text = self.tk.Text(box, width=60, height=20)
        text.insert("1.0", "This stays on your computer.\n\n" + lines)
        text.pack(fill="both", expand=True)

    def save(self):
        from tkinter import filedialog

        path = self.work.arguments.save or filedialog.asksaveasfilename(initialfile=default_path(self.work), defaultextension=".zip")
        if path:
            self.keep_edits()
            self.refresh()
            self.keep_fields()
            with self.errors_shown():
                self.status.set(self.work.save(path))
                self.path = path
                return path
        return None

    def keep_fields(self):
        for name, entry in self.entries.items():
            setattr(self.work.arguments, name, entry.get().strip())
        self.work.arguments.copy = self.copy.get()

    def send(self):
        """What was saved is sent, from another thread, so that the window stays alive."""
        import threading

        path = self.save()
        if path:
            threading.Thread(target=self.sending, args=(path,), daemon=True).start()
            self.window.after(100, self.listen)

    def sending(self, path):
        try:
            number = self.work.send(path, self.news.put)
            self.news.put("It has arrived. The number of your case is %s. A mail with a link to it is on its way." % number)
        except Failed as error:
            self.news.put(str(error))
        self.news.put(None)

    def listen(self):
        while not self.news.empty():
            line = self.news.get()
            if line is None:
                return
            self.status.set(line)
        self.window.after(100, self.listen)

    @contextlib.contextmanager
    def errors_shown(self):
        try:
            yield
        except Failed as error:
            self.status.set(str(error))


# Beginning


def parsed(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("configuration", nargs="?", default="diagnostics.json", help="what the vendor says may be collected")
    parser.add_argument("--gui", action="store_true", help="ask in a window")
    parser.add_argument("--yes", action="store_true", help="ask nothing; do what the other options say")
    parser.add_argument("--list", action="store_true", help="show what would be collected, and end")
    parser.add_argument("--show", metavar="ITEM", help="show exactly what of this item would be sent, and end")
    parser.add_argument(
        "--untick", action="append", default=[], metavar="ITEM", help="leave this item out (its number or id); may be repeated"
    )
    parser.add_argument("--hide", action="append", default=[], metavar="WORD", help="replace this word or name too; may be repeated")
    parser.add_argument("--plain", action="store_true", help="leave names and addresses as they are")
    parser.add_argument("--mapping", metavar="FILE", help="write down what was replaced by what, for yourself")
    parser.add_argument("--save", metavar="FILE", help="save the bundle here")
    parser.add_argument("--send", action="store_true", help="send the saved bundle")
    parser.add_argument("--resume", metavar="FILE", help="go on with the upload of this bundle")
    for name, text in (("email", "where the answer goes"), ("name", "your name"), ("text", "what happened"), ("code", "your unlock code")):
        parser.add_argument("--" + name, help=text)
    parser.add_argument("--copy", action="store_true", help="have an exact copy mailed to you")
    parser.add_argument("--version", action="version", version="%s %s" % (NAME, VERSION))
    return parser.parse_args(argv)


def run(arguments):
    if arguments.resume:
        return report(Upload.saved(arguments.resume).send(progress))
    configuration = read_configuration(arguments.configuration)
    work = Work(configuration, arguments, os.path.dirname(os.path.abspath(arguments.configuration)))
    if arguments.gui:
        return in_a_window(work)
    if arguments.list:
        return show_list(work)
    if arguments.show:
        return show_one(work, arguments.show)
    if arguments.yes:
        return without_asking(work)
    return at_the_terminal(work)


def show_one(work, wanted):
    for item in work.items:
        if wanted in (item.id, str(item.number), item.path):
            return sys.stdout.buffer.write(item.data(work.pseudonyms)) and None
    raise Failed("There is no item %s; --list shows them." % wanted)


def without_asking(work):
    path = work.arguments.save or default_path(work)
    print(work.save(path))
    if work.arguments.mapping and work.pseudonyms:
        save(work.arguments.mapping, json.dumps(work.pseudonyms.shown, indent=2, ensure_ascii=False).encode("utf-8", "surrogateescape"))
    if work.arguments.send:
        report(work.send(path, progress))


def main(argv=None):
    try:
        run(parsed(argv))
        return 0
    except Failed as error:
        print(visible(str(error)), file=sys.stderr)
        return 1
    except (KeyboardInterrupt, EOFError):
        print("\nStopped. Nothing more is sent.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
