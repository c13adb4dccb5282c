"""What is pasted into a terminal does what it shows, whatever a room or a person is called."""

import json
import shutil
import subprocess

import pytest

from livekit_dashboard.services.snippets.shell import commented, shell, shell_json
from tests.shell import words

ENDS_THE_PASTE = "a\x1b[201~\rtouch /nowhere\n"
NAMES = ["standup", "", "it's", 'say "hi"', "$(false) `false` $HOME", "-x", "\\", "a\nb", "日本 \u202e"]


@pytest.mark.parametrize("name", [*NAMES, ENDS_THE_PASTE, "\x9b2J'\\u0041"])
def test_a_name_is_one_word_that_no_terminal_acts_on(name: str) -> None:
    word = shell(name)
    assert words(f"lk {word} end") == ["lk", name, "end"]
    assert not [letter for letter in word if letter < " " or "\x7f" <= letter <= "\x9f" or letter == "\u202e"]


@pytest.mark.parametrize("name", [*NAMES, ENDS_THE_PASTE])
def test_bash_reads_it_so_too(name: str) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("No bash.")
    script = f"printf '%s|' {shell(name)}"
    assert subprocess.run([bash, "-c", script], capture_output=True, check=True).stdout.decode() == f"{name}|"


def test_json_goes_over_lines_but_no_name_does() -> None:
    word = shell_json({"room": "it's\x1b\n\x9b", "to": "日本"})
    assert word.count("\n") == 3
    assert "\x9b" not in word
    assert "日本" in word
    assert json.loads(words(word)[0]) == {"room": "it's\x1b\n\x9b", "to": "日本"}


def test_what_is_commented_out_stays_so_on_every_line() -> None:
    command = f"lk room delete \\\n  {shell('a' + chr(10) + 'b')}"
    assert words(f"lk room list\n{chr(10).join(commented(command))}") == ["lk", "room", "list"]
