"""Makes a copy of Autobahn|Testsuite, which is written in Python 2, that Python 3 can run.

The syntax is translated by fissix. A string of Python 2 is a string of bytes; here it stays a string,
of characters below 256, each of which stands for one byte: fuzz.py makes bytes of it on the way out,
and such a string of bytes on the way in. What else has to differ is listed below, and has to be found
where it is listed. No case is changed in what it sends or expects.

    translate.py TO      from the installed package
"""

import importlib.util
import pathlib
import sys

from fissix.refactor import RefactoringTool, get_fixers_from_package

# The cases of permessage-deflate (12.*, 13.*), an extension that mudkeep does not speak, and one file
# with a case that the suite itself does not run.
LEFT_OUT = {"case12_x_x.py", "case9_9_1.py"}

EVERYWHERE = [
    # Of text that stands for bytes.
    ("import binascii\n", "from autobahntestsuite import octets as binascii\n"),
    ("from autobahn.websocket.utf8validator import", "from autobahntestsuite.octets import"),
    # The classes of Python 2 had no order of their bases.
    ("(object, Case, )", "(Case, )"),
]

ONLY_IN = {
    "case/__init__.py": [
        ("from case9_9_1 import *\n", ""),
        ("from case12_x_x import *\n", ""),
        ("Cases.extend(Case12_X_X)\n", ""),
        ("CaseSubCategories.update(Case12_X_X_CaseSubCategories)\n", ""),
        ("Cases.extend(Case13_X_X)\n", ""),
        ("CaseSubCategories.update(Case13_X_X_CaseSubCategories)\n", ""),
    ],
    # Equal strings may be one object or two, which their pickles tell.
    "case/case.py": [("pickle.dumps(obj1) == pickle.dumps(obj2)", "obj1 == obj2")],
    # A whole number of fragments.
    "case/case10_1_1.py": [("len(self.payload) / self", "len(self.payload) // self")],
    "fuzzing.py": [
        ("import os, json, binascii, time, textwrap, pkg_resources",
         "import os, json, time, textwrap\nfrom autobahntestsuite import octets as binascii"),
        # No TLS, and no pages of reports.
        ("from twisted.internet import reactor, ssl", "from twisted.internet import reactor"),
        ("ssl.ClientContextFactory()", "None"),
        ("from report import CSS_COMMON, \\\n"
         "                   CSS_DETAIL_REPORT, \\\n"
         "                   CSS_MASTER_REPORT, \\\n"
         "                   JS_MASTER_REPORT\n", ""),
    ],
}

OCTETS = '''
import binascii

from autobahn.websocket import utf8validator


def as_bytes(text):
    return text.encode("latin-1") if isinstance(text, str) else text


def b2a_hex(text):
    return binascii.b2a_hex(as_bytes(text)).decode("ascii")


class Utf8Validator(utf8validator.Utf8Validator):
    def validate(self, text):
        return super().validate(as_bytes(text))
'''


def adapted(name, text):
    for old, new in EVERYWHERE:
        text = text.replace(old, new)
    for old, new in ONLY_IN.get(name, []):
        if old not in text:
            sys.exit(f"translate: {name} has no {old!r}: this is another version")
        text = text.replace(old, new)
    return text


def main(source, target):
    tool = RefactoringTool(get_fixers_from_package("fissix.fixes"))
    files = [source / "caseset.py", source / "fuzzing.py", *sorted((source / "case").glob("*.py"))]
    for file in files:
        if file.name in LEFT_OUT:
            continue
        name = file.relative_to(source).as_posix()
        # By latin-1, each byte of the file is a character, also in its strings.
        text = file.read_bytes().decode("latin-1").replace("\r\n", "\n")
        where = target / name
        where.parent.mkdir(parents=True, exist_ok=True)
        # fissix looks for neighbours of the file that it is told, to tell imports of them.
        where.write_text(str(tool.refactor_string(adapted(name, text) + "\n", str(file))), encoding="utf-8")
    version = (source / "_version.py").read_text(encoding="utf-8")
    (target / "__init__.py").write_text(version + "\nversion = __version__\n", encoding="utf-8")
    (target / "octets.py").write_text(OCTETS, encoding="utf-8")


if __name__ == "__main__":
    installed = importlib.util.find_spec("autobahntestsuite").submodule_search_locations[0]
    main(pathlib.Path(installed), pathlib.Path(sys.argv[1]) / "autobahntestsuite")
