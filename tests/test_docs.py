"""Documents cannot drift: what they list is compared with what is there, both ways. Needs no database."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest
import typer

from statehub.app import OPERATIONS
from statehub.cli.follow import VARIABLES
from statehub.cli.main import app as cli
from statehub.filters import LISTS
from statehub.rendered import CACHE_STATUS
from statehub.routes import summary
from statehub.settings import PREFIX, Settings, config_file

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / ".env.example"
# what only the tests read; CONTRIBUTING.md tells of it
FOR_TESTS = {"STATEHUB_TEST_DATABASE_URL", "STATEHUB_TEST_PG"}
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def repository_files() -> list[Path]:
    """Every file that is, or would be, committed."""
    if not (ROOT / ".git").exists():
        pytest.skip("no checkout of git: nothing says which files are ours")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = [ROOT / name.decode() for name in listed.stdout.split(b"\0") if name]
    return [path for path in paths if path.is_file()]


def documents() -> list[Path]:
    """Every page of ours."""
    return [path for path in repository_files() if path.suffix == ".md"]


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def rows(text: str, first: str) -> Iterator[list[str]]:
    """Cells of the table whose first heading is `first`, without backticks."""
    inside = False
    for line in text.splitlines():
        cells = [cell.strip().replace("`", "") for cell in line.strip("|").split("|")] if line[:1] == "|" else []
        if not cells:
            inside = False
        elif cells[0] == first:
            inside = True
        elif inside and set(cells[0]) != {"-"}:
            yield cells


def headings(text: str) -> list[str]:
    return re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)


def anchor(heading: str) -> str:
    """As the forge makes them."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def example_values() -> dict[str, str]:
    return dict(re.findall(rf"^#?({PREFIX}\w+)=(.*)$", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE))


def setting_names() -> set[str]:
    return {PREFIX + setting.name.upper() for setting in fields(Settings)}


def compose_names() -> set[str]:
    return set(re.findall(rf"\$\{{({PREFIX}\w+)", read("docker-compose.yml")))


def commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    words = command.list_commands(None) if hasattr(command, "list_commands") else []
    for word in words:  # some are made when they are asked for
        inner = command.get_command(None, word)
        yield f"{name} {word}", inner
        yield from commands(inner, f"{name} {word}")


COMMANDS = dict(commands(typer.main.get_command(cli), "custodian"))


def routes_of_the_app() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {summary.PATH: {"GET"}}
    for operation in OPERATIONS:
        found.setdefault(operation.path, set()).add(operation.method)
    return found


def test_the_example_has_every_setting_and_what_docker_takes_and_nothing_else() -> None:
    assert set(example_values()) == setting_names() | compose_names()


def test_the_operations_page_has_every_setting_and_nothing_else() -> None:
    assert {row[0] for row in rows(read("docs/operations.md"), "Setting")} == setting_names() | compose_names()


def test_the_examples_values_are_the_defaults() -> None:
    defaults = Settings()
    told = {name: value for name, value in example_values().items() if name in setting_names() and value}
    loaded = Settings.load(told)
    for setting in fields(Settings):
        if PREFIX + setting.name.upper() in told and getattr(defaults, setting.name) is not None:
            assert getattr(loaded, setting.name) == getattr(defaults, setting.name), setting.name


def test_the_operations_page_has_the_examples_defaults() -> None:
    example = example_values()
    for name, default, *_ in rows(read("docs/operations.md"), "Setting"):
        placeholder = name.endswith("_URL")
        assert default == ("" if placeholder else example[name]), name


def test_no_document_names_a_setting_that_is_none() -> None:
    known = setting_names() | compose_names() | FOR_TESTS | set(VARIABLES.values())
    for path in documents():
        named = set(re.findall(rf"\b{PREFIX}[A-Z][A-Z_]*[A-Z]\b", path.read_text(encoding="utf-8")))
        assert named <= known, path.name


def test_the_operations_page_names_the_config_file_that_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert f"~/{config_file().relative_to(Path.home())}" in read("docs/operations.md")


def test_every_command_has_its_heading_and_every_heading_is_a_command() -> None:
    assert sorted(headings(read("docs/cli.md"))[1:]) == sorted(COMMANDS)


def test_each_command_stands_under_a_heading_of_the_help_page() -> None:
    front = {name: each.rich_help_panel for name, each in COMMANDS.items() if name.count(" ") == 1}
    assert [name for name, panel in front.items() if not isinstance(panel, str)] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_a_commands_section_has_all_its_options_and_an_example(name: str) -> None:
    section = re.split(r"^## ", read("docs/cli.md"), flags=re.MULTILINE)
    text = next(part for part in section if part.split("\n")[0] == name)
    told = [param for param in COMMANDS[name].params if param.param_type_name == "option" and not param.hidden]
    options = {option for param in told for option in param.opts if option.startswith("--")}
    assert {option for option in options - {"--help"} if f"`{option}" not in text} == set()
    assert hasattr(COMMANDS[name], "commands") or name in "".join(FENCE.findall(text))


def test_the_reference_of_the_commands_is_what_they_say_of_themselves() -> None:
    command = [sys.executable, str(ROOT / "scripts/cli_reference.py"), "--check"]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert asked.returncode == 0, asked.stdout + asked.stderr


def test_the_reference_writes_choices_and_arguments_as_they_are_typed() -> None:
    page = read("docs/cli.md")
    assert r"| `--prefer file\|hub` |" in page
    assert re.findall(r"^\| `\S*[][<>{}]\S*` \|", page, re.MULTILINE) == []


def test_every_route_is_in_the_http_page_with_its_methods_and_nothing_else() -> None:
    told = {row[0]: set(row[1].split(", ")) for row in rows(read("docs/http-api.md"), "Route")}
    assert told == routes_of_the_app()


def test_the_http_page_has_every_lists_filters_and_orders() -> None:
    told = {row[0]: (row[1].split(", "), row[2].split(", ")) for row in rows(read("docs/http-api.md"), "Kind")}
    for model in LISTS:
        filters = set(model.model_fields) - {"sort", "fields", "limit", "cursor"}
        orders = {order.lstrip("-") for order in get_args(model.model_fields["sort"].annotation)}
        assert (set(told[model.path][0]), set(told[model.path][1])) == (filters, orders), model.path


def test_the_http_page_has_every_label_of_the_summary() -> None:
    labels = set(CACHE_STATUS)
    assert {row[0] for row in rows(read("docs/http-api.md"), "X-StateHub-Cache")} == labels


def test_every_test_that_the_security_page_names_is_there() -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", read("docs/security.md")))
    assert named
    assert {name for name in named if f"def {name}(" not in tests} == set()


def test_every_decision_is_in_the_index_and_fits_a_page() -> None:
    pages = sorted(path for path in (ROOT / "docs/adr").glob("*.md") if path.name != "README.md")
    index = re.findall(r"^\| \[(\d{4})\]\((\S+)\) \| (.+) \|$", read("docs/adr/README.md"), re.MULTILINE)
    assert [page.name for page in pages] == [name for _, name, _ in index]
    assert [number for number, _, _ in index] == [f"{n:04}" for n in range(1, len(index) + 1)]
    for page, (number, _, _) in zip(pages, index, strict=True):
        text = page.read_text(encoding="utf-8")
        assert page.name.startswith(number + "-")
        assert text.startswith(f"# {number} ")
        assert headings(text)[1:] == ["Status", "Context", "Decision", "Consequences"], page.name
        assert 20 <= len(text.splitlines()) <= 45, page.name


def test_every_decision_that_the_code_names_is_there() -> None:
    there = {path.name[:4] for path in (ROOT / "docs/adr").glob("0*.md")}
    for path in repository_files():
        if path.suffix in (".py", ".sql"):
            assert set(re.findall(r"docs/adr/(\d{4})", path.read_text(encoding="utf-8"))) <= there, path.name


def test_every_make_target_that_a_document_names_is_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    for path in documents():
        text = path.read_text(encoding="utf-8")
        code = [*FENCE.findall(text), *re.findall(r"`[^`\n]+`", FENCE.sub("", text))]
        named = {name for part in code for name in re.findall(r"^[`$ ]*make ([a-z][a-z-]*)", part, re.MULTILINE)}
        assert named <= targets, path.name


def test_every_relative_link_leads_somewhere() -> None:
    broken = []
    for path in documents():
        text = FENCE.sub("", path.read_text(encoding="utf-8"))
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            if link.startswith(("https://", "http://", "mailto:")):
                continue
            place, _, part = link.partition("#")
            target = (path.parent / place).resolve() if place else path
            there = target.exists() and (not part or part in map(anchor, headings(target.read_text(encoding="utf-8"))))
            if not there:
                broken.append(f"{path.relative_to(ROOT)}: {link}")
    assert broken == []


def test_every_table_is_in_the_map_of_the_state_with_its_section() -> None:
    made: set[str] = set()
    for path in (ROOT / "sql/migrations").glob("*.sql"):
        if not path.name.endswith(".rollback.sql"):
            made |= set(re.findall(r"create table (?:if not exists )?(\w+)", path.read_text(encoding="utf-8")))
    watched = dict(re.findall(r"watch\('(\w+)', '(\w+)'", read("sql/triggers/watched.sql")))
    told = {table: section for table, section, *_ in rows(read("sql/README.md"), "Table")}
    assert told == {table: watched.get(table, "") for table in made}


def test_every_file_that_the_map_of_the_state_names_is_there() -> None:
    for name in re.findall(r"`([a-z_]+/[\w.-]+\.sql|[a-z_]+\.sql)`", read("sql/README.md")):
        assert "NNNN" in name or (ROOT / "sql" / name).is_file(), name


def test_the_house_on_the_architecture_page_has_every_module() -> None:
    page = read("docs/architecture.md")
    missing = [
        path.name
        for path in (ROOT / "statehub").glob("*.py")
        if not path.name.startswith(("__", "postgres_")) and path.name not in page
    ]
    assert missing == []


def test_no_word_stands_twice_in_the_glossary() -> None:
    words = [word for row in rows(read("docs/glossary.md"), "Term") for word in re.split(r" · | / |, ", row[0])]
    assert sorted(words) == sorted(set(words))


# put together, so that this file does not name what it looks for
MACHINE_PATHS = ["/" + place + "/" for place in ("work", "root")]
REGISTRY_HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"), ("python" + "hosted", "org"), ("npm" + "js", "org"), ("npm" + "js", "com"), ("yarnpkg", "com"),
        ("crates", "io"), ("rubygems", "org"), ("docker", "io"), ("ghcr", "io"), ("quay", "io"),
        ("proxy", "golang", "org"), ("conda", "anaconda", "org"),
    )
]  # fmt: skip


def test_no_file_names_a_path_of_a_machine_or_the_host_of_a_registry() -> None:
    unwanted = re.compile("|".join(map(re.escape, [*MACHINE_PATHS, *REGISTRY_HOSTS])).encode())
    found = [
        f"{path.relative_to(ROOT)}: {match.group().decode()}"
        for path in repository_files()
        if (match := unwanted.search(path.read_bytes()))
    ]
    assert found == []
