"""Run the command line with `python -m feedsvc`."""

from feedsvc.cli import main

if __name__ == "__main__":
    main()
