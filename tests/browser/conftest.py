"""The real server over real photos, and Debian's Chromium in front of it."""

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from inkseek.service.app import create_app
from inkseek.service.galleries import ServedGallery
from inkseek.service.limits import ServiceLimits
from inkseek.service.server import make_server, open_socket
from inkseek.service.service import Service
from tests.browser.sheet import Sheet

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[2]
REAL_PHOTOS = ROOT.parent / "shared" / "data" / "sketchy25" / "256x256" / "photo" / "tx_000000000000"
FOLDERS = {
    "animals": ("cow", "dolphin", "giraffe", "horse", "mouse", "penguin"),
    "things": ("guitar", "hammer", "mushroom", "scissors", "tree", "umbrella"),
}
PHOTOS_A_CLASS = 5

NewSheet = Callable[..., Sheet]


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder `photos` of sixty photos in two folders."""
    if not REAL_PHOTOS.is_dir():
        pytest.skip("no real photos here")
    root = tmp_path_factory.mktemp("browser") / "photos"
    for folder, classes in FOLDERS.items():
        (root / folder).mkdir(parents=True)
        for name in classes:
            for photo in sorted((REAL_PHOTOS / name).iterdir())[:PHOTOS_A_CLASS]:
                shutil.copy(photo, root / folder / f"{name}-{photo.name}")
    return root


@contextmanager
def inkseek(*arguments: str | Path, **environment: str) -> Iterator[str]:
    """Run `inkseek serve` on a free port; gives the address that it prints."""
    command = [sys.executable, "-m", "inkseek.cli.main", "serve", *map(str, arguments), "--port", "0"]
    variables = {**os.environ, "PYTHONPATH": str(ROOT / "src"), **environment}
    with subprocess.Popen(command, env=variables, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr
        said = ""
        for line in server.stderr:
            said += line
            if found := re.search(r"http://\S+", line):
                break
        else:
            pytest.fail(f"no server: {said}")
        try:
            yield found.group()
        finally:
            server.terminate()
            server.communicate()


@contextmanager
def serving(*galleries: ServedGallery, model: str | Path = "bundled") -> Iterator[str]:
    """Serve from a thread of this process, so that a test can hold what the service does; gives the address."""
    service = Service(galleries, limits=ServiceLimits(), threads=2, model=str(model))
    server = make_server(create_app(service, hosts=("127.0.0.1",)), service.limits)
    with open_socket("127.0.0.1", 0) as listening:
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            server.should_exit = True
            thread.join()
            service.close()


@pytest.fixture(scope="session")
def address(photos: Path) -> Iterator[str]:
    """Address of a server whose gallery holds the photos."""
    gallery = photos.with_name("photos.gallery")
    command = [sys.executable, "-m", "inkseek.cli.main", "index", str(photos), "--gallery", str(gallery)]
    subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, check=True, capture_output=True)
    with inkseek(gallery) as printed:
        yield printed


@pytest.fixture(scope="package")
def browser() -> Iterator["Browser"]:
    """Chromium as Debian packs it; closed after these tests, since its event loop stands in the way of others."""
    api = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no Chromium here")
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture
def new_sheet(browser: "Browser") -> Iterator[NewSheet]:
    """Opens the page in a window of its own; a script error or a broken policy on it fails the test."""
    with ExitStack() as stack:
        wrong: list[str] = []

        def open_sheet(address: str, *, loaded: bool = True, **context: Any) -> Sheet:  # noqa: ANN401 - window options
            options = {"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce", **context}
            window = browser.new_context(**options)
            stack.callback(window.close)
            page = window.new_page()
            page.set_default_timeout(30_000)
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.on("console", lambda line: wrong.extend([line.text] if "Policy" in line.text else []))
            sheet = Sheet(page)
            sheet.open(address, loaded=loaded)
            return sheet

        yield open_sheet
        assert not wrong


@pytest.fixture
def sheet(new_sheet: NewSheet, address: str) -> Sheet:
    """The page on a wide window."""
    return new_sheet(address)


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots go: the folder of INKSEEK_SCREENSHOTS, else a temporary one."""
    folder = Path(os.environ.get("INKSEEK_SCREENSHOTS") or tmp_path_factory.mktemp("screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
