"""feedsvc: the press room of a small newsroom. Stories go in; correct feeds come out."""

__version__ = "0.1.0"
