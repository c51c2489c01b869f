"""The store: all SQL of feedsvc, and nothing but."""
