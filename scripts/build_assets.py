"""Build src/livekit_dashboard/static/vendor from package-lock.json.

Copies the few third-party files that pages load, each with its licence, and makes one SVG sprite of the
icons in use. The same sources give the same bytes. `make assets` calls this when something changed;
with --test-packages it installs what the browser tests need from npm too, and builds nothing.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "livekit_dashboard"
STATIC = PACKAGE / "static"
VENDOR = STATIC / "vendor"
NODE_MODULES = ROOT / "node_modules"
ICONS = NODE_MODULES / "bootstrap-icons" / "icons"

FILES = (
    "bootstrap/dist/css/bootstrap.min.css",
    "htmx.org/dist/htmx.min.js",
    "htmx.org/dist/ext/hx-ptag.min.js",
    "htmx.org/dist/ext/hx-ws.min.js",
    "htmx.org/dist/ext/hx-sse.min.js",
)
LICENCES = {
    "bootstrap": "bootstrap/LICENSE",
    "bootstrap-icons": "bootstrap-icons/LICENSE",
    "htmx": "htmx.org/LICENSE",
}

SVG = "http://www.w3.org/2000/svg"
# Debug addresses, and images inside Bootstrap's CSS: pages may load none of these (our styles bring their own), and a
# browser that paints before ours have come would report each as a breach of the Content-Security-Policy.
LEFT_OUT = (
    (re.compile(r"\n?/[/*]# sourceMappingURL=\S+(?: \*/)?\s*$"), "\n"),
    (re.compile(r"""url\("data:[^"]*"\)"""), "none"),
)
ICON_CALL = re.compile(r"""\bicon\(\s*(["'])(?P<name>[^"']+)\1""")
# Names that are computed (`icon(kinds[k])`) stand somewhere as literals: take each literal that is an icon.
LITERAL = re.compile(r"""(["'])(?P<name>[a-z0-9-]{3,})\1""")


def main() -> None:
    """Bring node_modules up to date, then write the whole of static/vendor anew."""
    if "--test-packages" in sys.argv[1:]:
        npm_ci()
        return
    install()
    fresh = ROOT / "build" / "vendor"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for name in FILES:
        source = NODE_MODULES / name
        text = source.read_text("utf-8")
        for pattern, instead in LEFT_OUT:
            text = pattern.sub(instead, text)
        (fresh / source.name).write_text(text, "utf-8")
    for name, licence in LICENCES.items():
        shutil.copyfile(NODE_MODULES / licence, fresh / f"{name}.LICENSE")
    names = used_icons()
    (fresh / "icons.svg").write_text(sprite(names), "utf-8")
    shutil.rmtree(VENDOR, ignore_errors=True)
    fresh.rename(VENDOR)
    size = sum(path.stat().st_size for path in VENDOR.iterdir())
    print(f"static/vendor: {len(names)} icons, {size / 1024:.0f} KiB in all")


def install() -> None:
    """Install what pages load from npm, unless node_modules is as new as the lock file."""
    lock, installed = ROOT / "package-lock.json", NODE_MODULES / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        npm_ci("--omit=dev")
        installed.touch()


def npm_ci(*options: str) -> None:
    """Make node_modules what the lock file says. No package may run a script."""
    # npm of the machine, or the one that requirements-build.txt puts beside this interpreter.
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent)])
    npm = shutil.which("npm", path=path)
    if npm is None:
        sys.exit(
            "npm is missing: install Node.js, or `pip install --require-hashes -r requirements-build.txt`."
        )
    # The Node.js version that a package requires doesn't matter: none of them runs in it. What npm
    # would print is a count of packages.
    command = [npm, "ci", "--ignore-scripts", "--loglevel=error", "--silent", *options]
    if subprocess.run(command, cwd=ROOT, env={**os.environ, "PATH": path}, check=False).returncode:
        sys.exit("npm ci failed. For the reason, run: npm ci --ignore-scripts")


def used_icons() -> list[str]:
    """Names of the icons that templates and Python sources use; a misspelt one ends the build."""
    known = {path.stem for path in ICONS.glob("*.svg")} | {"mark"}
    used = {"mark"}
    unknown = []
    for path in sorted([*PACKAGE.rglob("*.j2"), *PACKAGE.rglob("*.py")]):
        text = path.read_text("utf-8")
        called = {match["name"] for match in ICON_CALL.finditer(text)}
        unknown += [
            f"{path.relative_to(ROOT)}: no icon is called {name!r}" for name in sorted(called - known)
        ]
        used |= called
        used |= known & {match["name"] for match in LITERAL.finditer(text)}
    if unknown:
        sys.exit("\n".join(unknown))
    return sorted(used)


def sprite(names: list[str]) -> str:
    """One SVG with a <symbol> an icon, coloured by the text around its <use>."""
    symbols = "\n".join(symbol(name) for name in names)
    return f'<svg xmlns="{SVG}">\n{symbols}\n</svg>\n'


def symbol(name: str) -> str:
    """The shapes of one icon as a <symbol>, without the styles it has when it stands alone."""
    root = ElementTree.parse(STATIC / "mark.svg" if name == "mark" else ICONS / f"{name}.svg").getroot()  # noqa: S314
    shapes = [ElementTree.tostring(e, "unicode").strip() for e in root if e.tag != f"{{{SVG}}}style"]
    box = root.attrib["viewBox"]
    body = "".join(shapes).replace(f' xmlns="{SVG}"', "")
    return f'<symbol id="{name}" viewBox="{box}" fill="currentColor">{body}</symbol>'


ElementTree.register_namespace("", SVG)

if __name__ == "__main__":
    main()
