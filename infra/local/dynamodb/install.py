"""Installs DynamoDB Local: the files of jars.txt from Maven Central, each checked against its SHA-256, and Loopback.class.

usage: install.py FOLDER
"""
import concurrent.futures
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
CENTRAL = os.environ.get("MAVEN_CENTRAL", "https://repo1.maven.org/maven2")


def fetch(line: str, folder: pathlib.Path) -> None:
    digest, path = line.split()
    with urllib.request.urlopen(f"{CENTRAL}/{path}", timeout=60) as answer:
        body = answer.read()
    if hashlib.sha256(body).hexdigest() != digest:
        raise SystemExit(f"error: {path} of {CENTRAL} is not the file that jars.txt names; it was not installed")
    (folder / path.rsplit("/", 1)[1]).write_bytes(body)


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    jars = (HERE / "jars.txt").read_text().splitlines()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda line: fetch(line, folder), jars))
    subprocess.run(["javac", "-cp", str(folder / "*"), "-d", str(folder), str(HERE / "Loopback.java")], check=True)
    shutil.copy(HERE / "jars.txt", folder / "stamp")


main()
