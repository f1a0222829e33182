"""A command given wrongly is refused in the language of the terminal, with exit code 2 and where the help is."""

import subprocess
import sys
from pathlib import Path

import pytest

CASCADE = str(Path(sys.executable).with_name("cascade"))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("wat", "Không có lệnh này. Các lệnh: "),
        ("watch --nope", "Không có tùy chọn --nope."),
        ("accounts create", "Thiếu "),
        ("watch --every x", "Giá trị của '--every' chưa đúng"),
        ("up extra", "Thừa tham số: extra."),
        ("units template x.csv", "phải kết thúc bằng .xlsx"),
    ],
)
def test_a_wrong_command_is_refused_in_vietnamese(given: str, says: str) -> None:
    answer = subprocess.run([CASCADE, *given.split()], capture_output=True, text=True, check=False)

    assert (answer.returncode, says in answer.stderr, answer.stdout) == (2, True, ""), answer.stderr


def test_in_english_typers_own_words_stay() -> None:
    answer = subprocess.run([CASCADE, "--lang", "en", "wat"], capture_output=True, text=True, check=False)

    assert (answer.returncode, "No such command 'wat'." in answer.stderr) == (2, True)


def test_help_has_vietnamese_headings() -> None:
    answer = subprocess.run([CASCADE, "--help"], capture_output=True, text=True, check=True)

    assert "Tùy chọn" in answer.stdout
    assert "Lệnh" in answer.stdout
