"""`python -m splunk_app.searches` writes default/savedsearches.conf and default/macros.conf."""

from splunk_app.searches.files import files


def main() -> None:
    """Write the files."""
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()
