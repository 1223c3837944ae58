"""`inkseek serve`: galleries over HTTP, with the page that draws on them."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inkseek.cli.output import messages
from inkseek.errors import ConfigError

if TYPE_CHECKING:
    import socket

    from inkseek.retrieval.index import IndexKind
    from inkseek.service.service import Service

PORT = 8765
TOKEN = "INKSEEK_TOKEN"  # noqa: S105 - the variable's name, not a token
SHORTEST_TOKEN = 16

Access = tuple[str | None, tuple[str, ...]]
"""Token that clients are asked for, and host names that the service goes by; none allows every name."""

HostOption = Annotated[
    str,
    typer.Option(
        help="Address to listen on; one that others reach asks for a token, that of INKSEEK_TOKEN or a new one."
    ),
]
PortOption = Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")]
ThreadsOption = Annotated[int | None, typer.Option(min=1, help="Searches at the same time; default: one a core.")]
WatchOption = Annotated[bool, typer.Option("--watch/--no-watch", help="Index what changes in the folders.")]
RuntimeOption = Annotated[str, typer.Option(help="onnxruntime or openvino.")]


def serve(
    galleries: Annotated[
        list[Path], typer.Argument(help="Gallery folders; the first one is made if it does not exist.")
    ],
    allow: Annotated[
        list[Path] | None,
        typer.Option(help="Folder of photos that the page may index into the first gallery. Repeatable."),
    ] = None,
    host: HostOption = "127.0.0.1",
    port: PortOption = PORT,
    model: Annotated[str, typer.Option(help="Encoder of new galleries and of a re-index.")] = "bundled",
    runtime: RuntimeOption = "onnxruntime",
    threads: ThreadsOption = None,
    packed: Annotated[
        bool,
        typer.Option("--packed", help="Compare binary codes first: faster for millions of photos, finds a bit less."),
    ] = False,
    watch: WatchOption = True,
) -> None:
    """Search galleries from a browser: draw, and see photos change with every stroke."""
    from inkseek.service.server import open_socket

    allowed = access(host)
    listening = open_socket(host, port)
    with listening:
        service = open_service(
            galleries, allow or [], model=model, runtime=runtime, threads=threads, kind="packed" if packed else "exact"
        )
        run_service(service, listening, host, allowed, watch=watch)


def open_service(
    folders: Sequence[Path],
    allowed: Sequence[Path],
    *,
    model: str,
    runtime: str,
    threads: int | None,
    kind: "IndexKind" = "exact",
) -> "Service":
    """Open galleries for serving; the first one is made if it does not exist.

    Raises:
        GalleryError: a gallery is missing or damaged, or an allowed folder does not exist.
        FormatError: an encoder is missing or damaged.
    """
    from inkseek.retrieval.embedding import open_or_create_gallery
    from inkseek.retrieval.encoder import load_encoder
    from inkseek.retrieval.gallery import Gallery
    from inkseek.retrieval.scan import Scan
    from inkseek.service.galleries import ServedGallery
    from inkseek.service.limits import ServiceLimits
    from inkseek.service.service import Service

    roots = [Scan(folder).root for folder in allowed]
    encoder = load_encoder(model, runtime)
    if not Gallery.exists(folders[0]):
        open_or_create_gallery(folders[0], encoder).close()
    opened = []
    for place, folder in enumerate(folders):
        with Gallery.open(folder, write=False) as gallery:
            known = [indexed.path for indexed in gallery.folders()]
        extra = [root for root in roots if root not in known] if place == 0 else []
        opened.append(ServedGallery(gallery_name(folder), folder, [*known, *extra], runtime=runtime, kind=kind))
    return Service(opened, limits=ServiceLimits(), threads=threads or os.cpu_count() or 1, model=model, runtime=runtime)


def run_service(
    service: "Service",
    listening: "socket.socket",
    host: str,
    allowed: Access,
    *,
    watch: bool,
    open_page: bool = False,
) -> None:
    """Print the address and serve until Ctrl+C.

    Args:
        service: what is served.
        listening: the socket.
        host: the address that it listens on.
        allowed: who is let in.
        watch: look at the indexed folders again and again.
        open_page: open the page in the browser.
    """
    import webbrowser

    from inkseek.service.app import create_app
    from inkseek.service.server import make_server
    from inkseek.service.watch import Watch

    watching = Watch(service)
    try:
        token, hosts = allowed
        address = f"http://{shown_host(host)}:{listening.getsockname()[1]}/" + (f"#token={token}" if token else "")
        messages().print(f"draw at {address}  (Ctrl+C ends)", markup=False, soft_wrap=True)
        if open_page:
            webbrowser.open(address)
        if watch:
            watching.start()
        with suppress(KeyboardInterrupt):  # Ctrl+C, once the server has ended in good order
            make_server(create_app(service, token=token, hosts=hosts), service.limits).run([listening])
    finally:
        watching.close()
        service.close()


def access(host: str) -> Access:
    """Who is let in by a service that listens on an address; asked before anything is opened.

    Raises:
        ConfigError: the token of the environment is too short to protect anything.
    """
    import ipaddress
    import secrets

    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    token = os.environ.get(TOKEN)
    if token is not None and (len(token) < SHORTEST_TOKEN or not token.isascii()):
        raise ConfigError(f"{TOKEN}: give at least {SHORTEST_TOKEN} plain characters; make a longer one")
    if loopback:
        return token, ("localhost", "127.0.0.1", "::1", host.lower())
    return token or secrets.token_urlsafe(24), ()


def shown_host(host: str) -> str:
    """How others reach an address that is listened on: every address of this machine is shown as one of them."""
    import socket

    if host in {"0.0.0.0", "::"}:  # noqa: S104 - asked for, not set
        family, far = (socket.AF_INET, "192.0.2.1") if host == "0.0.0.0" else (socket.AF_INET6, "2001:db8::1")  # noqa: S104
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((far, 9))  # sends nothing; only asks which address would be used
            host = probe.getsockname()[0]
    return f"[{host}]" if ":" in host else host


def gallery_name(folder: Path) -> str:
    """Name by which clients ask for a gallery: its folder's name without `.gallery`."""
    return folder.resolve().name.removesuffix(".gallery") or "gallery"
